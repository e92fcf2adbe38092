"""Methods of multi-factor authentication: ALTER USER … REMOVE MFA METHOD.

Every action begins after the words MFA METHOD. Enrolment is a matter of Snowsight; here `sandbox sign-in mfa` does it.
"""

from __future__ import annotations

from collections.abc import Callable

from theia_sf.sandbox.snowflake.catalog import User
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement


def remove(statement: Statement, user: User) -> Result:
    """REMOVE MFA METHOD name."""
    name = statement.tokens.text_from().strip().strip('"')
    if user.totp is None or user.totp.name != name.upper():
        raise does_not_exist(name, "MFA method")
    user.totp = None
    return succeeded()


ACTIONS: dict[str, Callable[[Statement, User], Result]] = {"REMOVE": remove}
