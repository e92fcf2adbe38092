"""Whether a Snowflake user is one that a stack made.

The names of service users are the user's choice, so another one may have had the name all along: to take it for the
stack's own would change who signs in as it, and drop it in the end. The comment that the program gives its users names
the stack's database, as no other comment does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings

# The inputs of a user that may or may not have been made; whether it was.
IsOwnUser = Callable[[Mapping[str, Any]], bool]


def own_users(settings: ConnectionSettings | None) -> IsOwnUser:
    """What asks Snowflake, with these settings, whether a user with these inputs' name and comment exists.

    Raises (what is returned):
        ConnectionFailedError: Snowflake was not reached, or refused the sign-in.
        TheiaError: it refused the question.
    """

    def is_own(inputs: Mapping[str, Any]) -> bool:
        if settings is None or not inputs.get("comment"):
            return False
        # The connector costs a second to import.
        from theia_sf.snowflake.connect import session  # noqa: PLC0415
        from theia_sf.snowflake.identifiers import like_pattern  # noqa: PLC0415
        from theia_sf.snowflake.query import fetch_records  # noqa: PLC0415

        with session(settings, query_tag="theia-sf onboard") as connection:
            found = fetch_records(connection, f"SHOW USERS LIKE {like_pattern(inputs['name'])}")
        return any((row["name"], row["comment"]) == (inputs["name"], inputs["comment"]) for row in found)

    return is_own
