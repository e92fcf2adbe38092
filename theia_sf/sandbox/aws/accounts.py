"""The AWS accounts of the sandbox, and the IAM users whose keys open them.

moto keeps every account apart and finds a request's account by its access key, so an account is opened by
creating an IAM user with a key in it.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto's backends are registries without useful types.

from __future__ import annotations

from dataclasses import dataclass, field

from moto.iam.models import iam_backends

ACCOUNT_ID = "123456789012"
"""The user's own account. It is moto's default, which answers requests without a known key."""

SNOWFLAKE_ACCOUNT_ID = "444455556666"
"""The account that plays Snowflake's: the IAM users of integrations and the queues of pipes live here."""

STRANGER_ACCOUNT_ID = "999900001111"
"""Someone else's account: what belongs to it answers 403 to the user."""

_USER_NAMES = {ACCOUNT_ID: "theia", SNOWFLAKE_ACCOUNT_ID: "snowflake", STRANGER_ACCOUNT_ID: "stranger"}


@dataclass(frozen=True)
class AccessKey:
    """An access key of an IAM user; the secret does not appear in `repr`."""

    account_id: str
    user_name: str
    key_id: str
    secret: str = field(repr=False)


def open_account(account_id: str) -> AccessKey:
    """Create the account's IAM user with a fresh access key in moto's registry of this process."""
    backend = iam_backends[account_id]["aws"]
    user_name = _USER_NAMES[account_id]
    backend.create_user(region_name="us-east-1", user_name=user_name)
    key = backend.create_access_key(user_name)
    return AccessKey(account_id, user_name, key.access_key_id, key.secret_access_key)
