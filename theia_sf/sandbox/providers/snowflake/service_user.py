"""ServiceUser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import UNKNOWN, Properties
from theia_sf.sandbox.providers.resource import ProviderError
from theia_sf.sandbox.providers.snowflake.names import output_row, parsed
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, number
from theia_sf.snowflake.identifiers import exact, literal

_EXPERIMENT = "USER_ENABLE_DEFAULT_WORKLOAD_IDENTITY"
_SECONDARY_ROLES = {"NONE": "()", "ALL": "('ALL')"}
_DEFAULT_IDENTITY = "DEFAULT"
# property: its column in SHOW USERS
_SHOWN = {
    "loginName": "login_name",
    "displayName": "display_name",
    "defaultNamespace": "default_namespace",
}
# property: its name in DESCRIBE USER
_DESCRIBED = {
    "email": "EMAIL",
    "defaultWarehouse": "DEFAULT_WAREHOUSE",
    "defaultRole": "DEFAULT_ROLE",
    "rsaPublicKey": "RSA_PUBLIC_KEY",
    "rsaPublicKey2": "RSA_PUBLIC_KEY_2",
    "comment": "COMMENT",
}
_NAMES = {"defaultWarehouse", "defaultRole"}


def _name(value: Any) -> str:
    return exact(*parsed(value))


def _secondary_roles(option: Any) -> str:
    return _SECONDARY_ROLES[str(option).upper()]


def _identity(identity: Any) -> str:
    aws = identity["aws"]
    issuer = f" ISSUER = {literal(aws['issuer'])}" if aws.get("issuer") else ""
    return f"(TYPE = AWS ARN = {literal(aws['arn'])}{issuer})"


class ServiceUser(NamedObject):
    """A user of TYPE = SERVICE: no password, no person's name."""

    resource_type = "snowflake:index/serviceUser:ServiceUser"
    label = "service user"
    kind, plural = "USER", "USERS"
    replaces = frozenset({"name"})
    computed = frozenset({"fullyQualifiedName", "showOutputs", "userType"})
    defaults: ClassVar[Mapping[str, Any]] = {"defaultSecondaryRolesOption": "DEFAULT", "disabled": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "loginName": ("LOGIN_NAME", literal),
        "displayName": ("DISPLAY_NAME", literal),
        "email": ("EMAIL", literal),
        "disabled": ("DISABLED", boolean),
        "daysToExpiry": ("DAYS_TO_EXPIRY", number),
        "defaultWarehouse": ("DEFAULT_WAREHOUSE", _name),
        "defaultNamespace": ("DEFAULT_NAMESPACE", literal),
        "defaultRole": ("DEFAULT_ROLE", _name),
        "defaultSecondaryRolesOption": ("DEFAULT_SECONDARY_ROLES", _secondary_roles),
        "defaultWorkloadIdentity": ("WORKLOAD_IDENTITY", _identity),
        "rsaPublicKey": ("RSA_PUBLIC_KEY", literal),
        "rsaPublicKey2": ("RSA_PUBLIC_KEY_2", literal),
        "comment": ("COMMENT", literal),
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """Of the workload identities the sandbox knows those of AWS roles."""
        option = inputs["defaultSecondaryRolesOption"]
        failures: list[tuple[str, str]] = []
        if isinstance(option, str) and option.upper() not in {"DEFAULT", *_SECONDARY_ROLES}:
            failures.append(("defaultSecondaryRolesOption", f"invalid secondary roles option: {option}"))
        identity: Any = inputs.get("defaultWorkloadIdentity")
        if identity is not None and identity is not UNKNOWN and set(identity) != {"aws"}:
            failures.append(("defaultWorkloadIdentity", "the sandbox's provider knows the identity aws alone"))
        return failures

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Names with and without quotes are the same; so are an option's spellings."""
        if key in _NAMES and old and new:
            return parsed(old) == parsed(new)
        if key == "defaultSecondaryRolesOption" and old and new:
            return str(old).upper() == str(new).upper()
        return old == new

    def clauses(self, inputs: Properties) -> str:
        """The option DEFAULT is said by saying nothing."""
        return super().clauses(self._said(inputs))

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE USER … TYPE = SERVICE."""
        self._require_experiment("defaultWorkloadIdentity" in inputs)
        return f"CREATE USER {name} TYPE = SERVICE {self.clauses(inputs)}"

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """As all objects; going back to the option DEFAULT unsets it."""
        known, wanted = state.get("defaultWorkloadIdentity"), inputs.get("defaultWorkloadIdentity")
        self._require_experiment(known != wanted)
        super().update(object_id, self._said(state), self._said(inputs))

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW and DESCRIBE say.

        As with the published provider an identity of AWS is seen to be gone, and a changed ARN is not.
        """
        details = {str(found["property"]).upper(): found["value"] for found in self.find(f"DESCRIBE USER {name}")}
        told = {key: details.get(theirs) for key, theirs in _DESCRIBED.items()}
        disabled = state.get("disabled", "default")
        return {
            **{key: row.get(column) or None for key, column in _SHOWN.items() if key in state},
            **{key: None if value in (None, "", "null") else value for key, value in told.items()},
            "defaultSecondaryRolesOption": self._option(row, state),
            "defaultWorkloadIdentity": self._known_identity(name, state),
            "disabled": "default" if disabled == "default" else boolean(row.get("disabled")),
            "showOutputs": [output_row(row)],
            "userType": row.get("type", "SERVICE"),
        }

    def _said(self, properties: Properties) -> Properties:
        return {key: value for key, value in properties.items() if value != "DEFAULT" or key not in self.defaults}

    def _option(self, row: Mapping[str, Any], state: Properties) -> str:
        known = str(state.get("defaultSecondaryRolesOption", "DEFAULT"))
        live = "ALL" if "ALL" in str(row.get("default_secondary_roles") or "") else "NONE"
        return known if known.upper() in {"DEFAULT", live} else live

    def _known_identity(self, name: str, state: Properties) -> Properties | None:
        known: Properties | None = state.get("defaultWorkloadIdentity")
        if known is None or _EXPERIMENT not in self.session.experimental_features:
            return known
        methods = self.find(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER {name}")
        return known if any(str(method["name"]) == _DEFAULT_IDENTITY for method in methods) else None

    def _require_experiment(self, needed: bool) -> None:
        if needed and _EXPERIMENT not in self.session.experimental_features:
            message = (
                f"to use `default_workload_identity`, you need to first specify the `{_EXPERIMENT}` feature in the "
                "`experimental_features_enabled` field at the provider level"
            )
            raise ProviderError(message)
