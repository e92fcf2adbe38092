"""Users, roles, and what is granted to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from theia_sf.sandbox.snowflake.catalog_base import DEFAULT_OWNER, CatalogObject, FullName, now
from theia_sf.sandbox.snowflake.workload_identities import DEFAULT, WorkloadIdentity


def digest(secret: str) -> str:
    """What is kept of an access token's secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(kw_only=True)
class AccessToken:
    """A programmatic access token; of the secret only its `digest` is kept."""

    name: str
    secret_sha256: str
    expires_at: datetime
    role_restriction: str | None = None
    comment: str | None = None
    disabled: bool = False
    created_on: datetime = field(default_factory=now)
    created_by: str = ""
    last_used: datetime | None = None
    rotated_to: str | None = None
    id: int = 0


@dataclass(kw_only=True)
class Totp:
    """A time-based passcode method. `last_step` is the 30-second step of the last passcode that was taken."""

    name: str
    secret: str = field(repr=False)
    comment: str | None = None
    created_on: datetime = field(default_factory=now)
    last_used: datetime | None = None
    last_step: int = 0
    id: int = 0


@dataclass(kw_only=True)
class User(CatalogObject):
    """A user. The password is kept salted and hashed (`password_hash`), public keys as PEM bodies without armour."""

    login_name: str = ""
    display_name: str = ""
    type: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    rsa_public_key: str | None = None
    rsa_public_key_2: str | None = None
    disabled: bool = False
    must_change_password: bool = False
    default_role: str | None = None
    default_warehouse: str | None = None
    default_namespace: str | None = None
    default_secondary_roles: list[str] = field(default_factory=lambda: ["ALL"])
    email: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    days_to_expiry: int | None = None
    mins_to_unlock: int | None = None
    network_policy: str | None = None
    last_success_login: datetime | None = None
    wrong_passwords: int = 0
    locked_until: datetime | None = None
    totp: Totp | None = None
    workload_identities: dict[str, WorkloadIdentity] = field(default_factory=dict[str, WorkloadIdentity])
    tokens: dict[str, AccessToken] = field(default_factory=dict[str, AccessToken])
    parameters: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def mfa_disabled(self) -> bool:
        """DISABLE_MFA: setting it takes every method away, so that the user may enrol again."""
        return False

    @mfa_disabled.setter
    def mfa_disabled(self, value: bool) -> None:
        if value:
            self.totp = None

    @property
    def default_identity(self) -> WorkloadIdentity | None:
        """The identity of the property WORKLOAD_IDENTITY."""
        return self.workload_identities.get(DEFAULT)

    @default_identity.setter
    def default_identity(self, value: WorkloadIdentity | None) -> None:
        if value is None:
            self.workload_identities.pop(DEFAULT, None)
        else:
            self.workload_identities[DEFAULT] = value


@dataclass(kw_only=True)
class Role(CatalogObject):
    """An account role."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One privilege on one object, given to a role. `granted_on` is the object kind (TABLE, DATABASE, …).

    A role given to a role or user is `privilege = "USAGE"`, `granted_on = "ROLE"`.
    """

    privilege: str
    granted_on: str
    name: FullName
    grantee: str
    granted_to: str = "ROLE"
    grant_option: bool = False
    granted_by: str = DEFAULT_OWNER
    created_on: datetime = field(default_factory=now, compare=False)


@dataclass(frozen=True, kw_only=True)
class FutureGrant:
    """One privilege on every object of a kind that will be created in a database or schema (`container`)."""

    privilege: str
    grant_on: str
    container: FullName
    grantee: str
    grant_option: bool = False
    granted_by: str = DEFAULT_OWNER
    created_on: datetime = field(default_factory=now, compare=False)
