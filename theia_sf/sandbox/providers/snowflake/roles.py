"""AccountRole and GrantAccountRole."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import ProviderError, Resource
from theia_sf.sandbox.providers.snowflake.names import output_row, parsed
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting
from theia_sf.sandbox.providers.snowflake.session import SnowflakeSession
from theia_sf.snowflake.identifiers import exact, literal


class AccountRole(NamedObject):
    """A role."""

    resource_type = "snowflake:index/accountRole:AccountRole"
    label = "account role"
    kind, plural = "ROLE", "ROLES"
    replaces = frozenset({"name"})
    computed = frozenset({"fullyQualifiedName", "showOutputs"})
    settings: ClassVar[Mapping[str, Setting]] = {"comment": ("COMMENT", literal)}

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE ROLE."""
        return f"CREATE ROLE {name} {self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says."""
        return {"comment": row.get("comment") or None, "showOutputs": [output_row(row)]}


class GrantAccountRole(Resource[SnowflakeSession]):
    """A role given to a role or to a user; the id is `"ROLE"|ROLE|"PARENT"` or `"ROLE"|USER|"NAME"`."""

    resource_type = "snowflake:index/grantAccountRole:GrantAccountRole"
    label = "grant account role"
    replaces = frozenset({"roleName", "parentRoleName", "userName"})

    def create(self, inputs: Properties) -> str:
        """GRANT ROLE.

        Raises:
            ProviderError: neither a role nor a user is named.
        """
        role = exact(*parsed(inputs["roleName"]))
        for key, kind in (("parentRoleName", "ROLE"), ("userName", "USER")):
            if inputs.get(key):
                grantee = exact(*parsed(inputs[key]))
                self._execute(f"GRANT ROLE {role} TO {kind} {grantee}", "create")
                return f"{role}|{kind}|{grantee}"
        message = "invalid role grant specified: both parent_role_name and user_name are empty"
        raise ProviderError(message)

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Look for the grantee in SHOW GRANTS OF ROLE."""
        del state
        role, kind, grantee = object_id.split("|")
        rows = self.session.find(f"SHOW GRANTS OF ROLE {role}", "snowflake_grant_account_role")
        given = {(row["granted_to"], row["grantee_name"]) for row in rows}
        if (kind, parsed(grantee)[0]) not in given:
            return None
        return {"roleName": parsed(role)[0], _GRANTEE[kind]: parsed(grantee)[0]}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Never called: every change replaces."""

    def delete(self, object_id: str, state: Properties) -> None:
        """REVOKE ROLE, unless the grant is gone with one of the two."""
        role, kind, grantee = object_id.split("|")
        if self.read(object_id, state) is not None:
            self._execute(f"REVOKE ROLE {role} FROM {kind} {grantee}", "delete")

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Names with and without quotes are the same."""
        if isinstance(old, str) and isinstance(new, str):
            return parsed(old) == parsed(new)
        return old == new

    def _execute(self, sql: str, operation: str) -> None:
        self.session.execute(sql, operation, "snowflake_grant_account_role")


_GRANTEE = {"ROLE": "parentRoleName", "USER": "userName"}
