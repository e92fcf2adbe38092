"""The AWS accounts of the sandbox, and the IAM users whose keys open them.

moto keeps every account apart and finds a request's account by its access key, so an account is opened by
creating an IAM user with a key in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ACCOUNT_ID = "123456789012"
"""The user's own account. It is moto's default, which answers requests without a known key."""

SNOWFLAKE_ACCOUNT_ID = "444455556666"
"""The account that plays Snowflake's: the IAM users of integrations and the queues of pipes live here."""

STRANGER_ACCOUNT_ID = "999900001111"
"""Someone else's account: what belongs to it answers 403 to the user."""

USER_NAMES = {ACCOUNT_ID: "theia", SNOWFLAKE_ACCOUNT_ID: "snowflake", STRANGER_ACCOUNT_ID: "stranger"}
"""The IAM user of each account."""


@dataclass(frozen=True)
class AccessKey:
    """An access key of an IAM user; the secret does not appear in `repr`."""

    account_id: str
    user_name: str
    key_id: str
    secret: str = field(repr=False)
