"""AccountRole, GrantAccountRole and ServiceUser."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import ProviderError, Resource
from theia_sf.sandbox.providers.snowflake.names import output_row, parsed
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, number
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


class ServiceUser(NamedObject):
    """A user of TYPE = SERVICE: no password, no person's name."""

    resource_type = "snowflake:index/serviceUser:ServiceUser"
    label = "service user"
    kind, plural = "USER", "USERS"
    replaces = frozenset({"name"})
    computed = frozenset({"fullyQualifiedName", "showOutputs", "userType"})
    defaults: ClassVar[Mapping[str, Any]] = {"disabled": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "loginName": ("LOGIN_NAME", literal),
        "displayName": ("DISPLAY_NAME", literal),
        "email": ("EMAIL", literal),
        "disabled": ("DISABLED", boolean),
        "daysToExpiry": ("DAYS_TO_EXPIRY", number),
        "defaultWarehouse": ("DEFAULT_WAREHOUSE", exact),
        "defaultNamespace": ("DEFAULT_NAMESPACE", literal),
        "defaultRole": ("DEFAULT_ROLE", exact),
        "rsaPublicKey": ("RSA_PUBLIC_KEY", literal),
        "rsaPublicKey2": ("RSA_PUBLIC_KEY_2", literal),
        "comment": ("COMMENT", literal),
    }

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE USER … TYPE = SERVICE."""
        return f"CREATE USER {name} TYPE = SERVICE {self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says of the properties that the program sets."""
        disabled = state.get("disabled", "default")
        told = {key: row.get(column) or None for key, column in _USER_COLUMNS.items() if key in state}
        return {
            **told,
            "comment": row.get("comment") or None,
            "disabled": "default" if disabled == "default" else boolean(row.get("disabled")),
            "showOutputs": [output_row(row)],
            "userType": row.get("type", "SERVICE"),
        }


_USER_COLUMNS = {
    "loginName": "login_name",
    "displayName": "display_name",
    "email": "email",
    "defaultWarehouse": "default_warehouse",
    "defaultNamespace": "default_namespace",
    "defaultRole": "default_role",
}


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
