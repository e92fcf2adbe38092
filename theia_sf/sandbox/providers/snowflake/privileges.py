"""GrantPrivilegesToAccountRole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from theia_sf.sandbox.providers.properties import Properties, same_members
from theia_sf.sandbox.providers.resource import ProviderError, Resource
from theia_sf.sandbox.providers.snowflake.names import parsed
from theia_sf.sandbox.providers.snowflake.session import SnowflakeSession
from theia_sf.snowflake.identifiers import exact

_RESOURCE = "snowflake_grant_privileges_to_account_role"


@dataclass(frozen=True)
class Target:
    """What privileges are on.

    Attributes:
        on: what follows ON in GRANT, for example `FUTURE TABLES IN SCHEMA "A"."B"`.
        show: what follows SHOW in the statement that lists the grants; None where grants cannot be listed (ALL …).
        granted_on: the kind of object in that list.
        identity: the end of the resource's id.
    """

    on: str
    show: str | None
    granted_on: str
    identity: str


def target_of(inputs: Properties) -> Target:
    """The target that the inputs name.

    Raises:
        ProviderError: none, or one that the sandbox does not know.
    """
    if inputs.get("onAccount"):
        return Target("ACCOUNT", "GRANTS ON ACCOUNT", "ACCOUNT", "OnAccount")
    if on := inputs.get("onAccountObject"):
        kind, name = str(on["objectType"]).upper(), exact(*parsed(on["objectName"]))
        identity = f"OnAccountObject|{kind}|{name}"
        return Target(f"{kind} {name}", f"GRANTS ON {kind} {name}", kind, identity)
    if on := inputs.get("onSchema"):
        return _on_schema(on)
    if on := inputs.get("onSchemaObject"):
        return _on_schema_object(on)
    message = "invalid grant specified: none of on_account, on_account_object, on_schema and on_schema_object is set"
    raise ProviderError(message)


def _on_schema(on: Properties) -> Target:
    if schema := on.get("schemaName"):
        name = exact(*parsed(schema))
        return Target(f"SCHEMA {name}", f"GRANTS ON SCHEMA {name}", "SCHEMA", f"OnSchema|OnSchema|{name}")
    if database := on.get("allSchemasInDatabase"):
        name = exact(*parsed(database))
        identity = f"OnSchema|OnAllSchemasInDatabase|{name}"
        return Target(f"ALL SCHEMAS IN DATABASE {name}", None, "SCHEMA", identity)
    name = exact(*parsed(on["futureSchemasInDatabase"]))
    identity = f"OnSchema|OnFutureSchemasInDatabase|{name}"
    where = f"IN DATABASE {name}"
    return Target(f"FUTURE SCHEMAS {where}", f"FUTURE GRANTS {where}", "SCHEMA", identity)


def _on_schema_object(on: Properties) -> Target:
    if name := on.get("objectName"):
        kind, name = str(on["objectType"]).upper(), exact(*parsed(name))
        return Target(f"{kind} {name}", f"GRANTS ON {kind} {name}", kind, f"OnSchemaObject|OnObject|{kind}|{name}")
    which = "all" if "all" in on else "future"
    bulk = on[which]
    plural = str(bulk["objectTypePlural"]).upper()
    holder, names = ("SCHEMA", bulk["inSchema"]) if bulk.get("inSchema") else ("DATABASE", bulk["inDatabase"])
    where = f"IN {holder} {exact(*parsed(names))}"
    identity = f"OnSchemaObject|On{which.capitalize()}|{plural}|In{holder.capitalize()}|{exact(*parsed(names))}"
    show = f"FUTURE GRANTS {where}" if which == "future" else None
    return Target(f"{which.upper()} {plural} {where}", show, _singular(plural), identity)


def _singular(plural: str) -> str:
    return plural[:-3] + "Y" if plural.endswith("IES") else plural.removesuffix("S")


class GrantPrivilegesToAccountRole(Resource[SnowflakeSession]):
    """Privileges of a role on one object, on all objects of a kind that stand, or on all that are yet to come."""

    resource_type = "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole"
    label = "grant privileges to account role"
    replaces = frozenset(
        {"accountRoleName", "onAccount", "onAccountObject", "onSchema", "onSchemaObject", "withGrantOption"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {"allPrivileges": False, "alwaysApply": False, "withGrantOption": False}

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Privileges are a set; a target is the same with and without its empty members and its quotes."""
        if key == "privileges":
            return old == new or same_members(old, new)
        return _told(old) == _told(new)

    def create(self, inputs: Properties) -> str:
        """GRANT."""
        target = target_of(inputs)
        option = " WITH GRANT OPTION" if inputs["withGrantOption"] else ""
        role = exact(*parsed(inputs["accountRoleName"]))
        self._execute(f"GRANT {_privileges(inputs)} ON {target.on} TO ROLE {role}{option}", "create")
        flags = [str(inputs[key]).lower() for key in ("withGrantOption", "alwaysApply")]
        granted = "ALL" if inputs["allPrivileges"] else ",".join(inputs["privileges"])
        return "|".join([role, *flags, granted, target.identity])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """The privileges of `state` that are still there; grants on ALL … cannot be asked for and count as there."""
        del object_id
        target, role = target_of(state), parsed(state["accountRoleName"])[0]
        if target.show is None or state.get("allPrivileges"):
            return dict(state)
        rows = self.session.find(f"SHOW {target.show}", _RESOURCE)
        present = {
            str(row["privilege"]).upper()
            for row in rows
            if row["grantee_name"] == role and target.granted_on == row.get("granted_on", row.get("grant_on"))
        }
        kept = [privilege for privilege in state["privileges"] if str(privilege).upper() in present]
        return {**state, "privileges": kept} if kept else None

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Grant what was added, revoke what was dropped."""
        del object_id
        target, role = target_of(inputs), exact(*parsed(inputs["accountRoleName"]))
        wanted, present = set(inputs.get("privileges", [])), set(state.get("privileges", []))
        if added := sorted(wanted - present):
            self._execute(f"GRANT {', '.join(added)} ON {target.on} TO ROLE {role}", "update")
        if dropped := sorted(present - wanted):
            self._execute(f"REVOKE {', '.join(dropped)} ON {target.on} FROM ROLE {role}", "update")

    def delete(self, object_id: str, state: Properties) -> None:
        """REVOKE."""
        del object_id
        target, role = target_of(state), exact(*parsed(state["accountRoleName"]))
        self._execute(f"REVOKE {_privileges(state)} ON {target.on} FROM ROLE {role}", "delete")

    def _execute(self, sql: str, operation: str) -> None:
        self.session.execute(sql, operation, _RESOURCE)


def _told(target: Any) -> Any:
    """What a target tells: its members that are set, and names without quotes."""
    if isinstance(target, dict):
        members = {key: _told(value) for key, value in cast("dict[str, Any]", target).items()}
        return {key: value for key, value in members.items() if value not in ("", None, {}, [], ())}
    return parsed(target) if isinstance(target, str) else target


def _privileges(inputs: Properties) -> str:
    return "ALL PRIVILEGES" if inputs.get("allPrivileges") else ", ".join(inputs["privileges"])
