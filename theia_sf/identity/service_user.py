"""A service user that signs in as an AWS role, and the SQL that makes it so.

https://docs.snowflake.com/en/sql-reference/sql/create-user, …/alter-user
"""

from __future__ import annotations

from dataclasses import dataclass

from theia_sf.identity import issuers
from theia_sf.identity.role_arns import RoleArn
from theia_sf.snowflake.identifiers import exact, fold, literal


@dataclass(frozen=True)
class ServiceUser:
    """A service user as it shall be.

    Attributes:
        name: its name, as Snowflake stores it.
        role_arn: the AWS role that signs in as it.
        issuer: the issuer of that role's tokens, for sign-ins by token; None for signed STS calls alone.
        roles: Snowflake roles to grant, as Snowflake stores them; the first becomes the default.
        default_warehouse: its warehouse, as Snowflake stores it.
        comment: a comment for people.
    """

    name: str
    role_arn: RoleArn
    issuer: str | None = None
    roles: tuple[str, ...] = ()
    default_warehouse: str | None = None
    comment: str | None = None

    def create_statement(self) -> str:
        """Return the SQL that makes the user."""
        return f"CREATE USER {exact(self.name)} TYPE = SERVICE {self._identity()}{self._rest()}"

    def alter_statement(self, *, identity: bool) -> str | None:
        """Return the SQL that makes an existing user like this; None if there is nothing to set.

        Args:
            identity: whether the workload identity has to be set, too.
        """
        words = f"{self._identity() if identity else ''}{self._rest()}".strip()
        return f"ALTER USER {exact(self.name)} SET {words}" if words else None

    def grant_statements(self) -> list[str]:
        """Return the SQL that grants the roles."""
        return [f"GRANT ROLE {exact(role)} TO USER {exact(self.name)}" for role in self.roles]

    def _identity(self) -> str:
        issuer = f" ISSUER = {literal(self.issuer)}" if self.issuer else ""
        return f"WORKLOAD_IDENTITY = (TYPE = AWS ARN = {literal(self.role_arn.arn)}{issuer})"

    def _rest(self) -> str:
        words = f" DEFAULT_ROLE = {exact(self.roles[0])}" if self.roles else ""
        words += f" DEFAULT_WAREHOUSE = {exact(self.default_warehouse)}" if self.default_warehouse else ""
        return words + (f" COMMENT = {literal(self.comment)}" if self.comment else "")


def service_user(
    name: str,
    role_arn: RoleArn,
    *,
    issuer: str | None = None,
    roles: tuple[str, ...] = (),
    default_warehouse: str | None = None,
    comment: str | None = None,
) -> ServiceUser:
    """Return a `ServiceUser` from what people write.

    Raises:
        UsageError: a name is malformed, or the issuer is none.
    """
    return ServiceUser(
        fold(name),
        role_arn,
        issuers.check_issuer(issuer) if issuer else None,
        tuple(dict.fromkeys(fold(role) for role in roles)),
        fold(default_warehouse) if default_warehouse else None,
        comment,
    )
