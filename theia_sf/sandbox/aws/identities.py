"""Whose an access key is: the users and the assumed roles of the sandbox's accounts, as moto's registries hold them."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto is only partly typed.

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends


@dataclass(frozen=True)
class KeyIdentity:
    """The holder of an access key.

    Attributes:
        access_key_id: the key; it begins with AKIA for a user's and with ASIA for temporary ones.
        secret: its secret, by which signatures are verified; not in `repr`.
        session_token: what requests with temporary credentials must carry; None for a user's key.
        arn: as GetCallerIdentity gives it: `arn:aws:iam::ACCOUNT:user/PATH/NAME`, or
            `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, which lacks the role's path.
        account: the account's 12 digits.
        user_id: the unique id: `AIDA…` of a user, `AROA…:SESSION` of an assumed role.
        role_arn: the role's own ARN with its path, for an assumed role; else None.
        issued_at: since when the credentials exist, in UTC.
        expires_at: when temporary credentials end, in UTC; None for a user's key.
    """

    access_key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(repr=False)
    arn: str
    account: str
    user_id: str
    role_arn: str | None
    issued_at: datetime
    expires_at: datetime | None

    def is_expired(self, now: datetime | None = None) -> bool:
        """Whether the credentials have ended by `now` (default: by the clock)."""
        return self.expires_at is not None and self.expires_at <= (now or datetime.now(UTC))


def find(access_key_id: str) -> KeyIdentity | None:
    """The holder of a key, or None if nobody issued it, or it was deleted or made inactive.

    Expired temporary credentials are found too: their refusal differs from that of unknown ones.
    """
    for account, partitions in list(iam_backends.items()):
        key = partitions["aws"].access_keys.get(access_key_id)
        if key is None:
            continue
        if key.user_name is None:
            return _assumed_role(account, access_key_id, key)
        return _user(partitions["aws"], key) if key.status == "Active" else None
    return None


def _user(backend: Any, key: Any) -> KeyIdentity | None:
    user = backend.users.get(key.user_name)
    if user is None:
        return None
    return KeyIdentity(
        access_key_id=key.access_key_id,
        secret=key.secret_access_key,
        session_token=None,
        arn=user.arn,
        account=backend.account_id,
        user_id=user.id,
        role_arn=None,
        issued_at=_utc(key.create_date),
        expires_at=None,
    )


def _assumed_role(account: str, access_key_id: str, key: Any) -> KeyIdentity | None:
    session = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key_id)
    if session is None:
        return None
    return KeyIdentity(
        access_key_id=access_key_id,
        secret=session.secret_access_key,
        session_token=session.session_token,
        arn=session.arn,
        account=account,
        user_id=session.user_id,
        role_arn=session.role_arn,
        issued_at=_utc(key.create_date),
        expires_at=_utc(session.expiration),
    )


def _utc(moment: datetime) -> datetime:
    """moto's moments are in UTC and do not say so."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
