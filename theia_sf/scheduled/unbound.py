"""What to do about a function that Snowflake has no user for: the command that binds one to the function's own role."""

from __future__ import annotations

from theia_sf.aws.session import caller_identity
from theia_sf.errors import TheiaError
from theia_sf.identity.role_arns import parse_role_arn
from theia_sf.snowflake.settings import ConnectionSettings


def how_to_bind(settings: ConnectionSettings) -> str | None:
    """Return the hint that names the role as Snowflake is to be told of it; None if it cannot be found out.

    Nobody can run `workload-identity check` inside a function, so the function says itself who it is.
    """
    path = settings.workload_identity_impersonation_path
    try:
        role = parse_role_arn(path[-1] if path else caller_identity(None).arn)
    except TheiaError:
        return None
    return (
        f"`theia-sf workload-identity create USER --role-arn {role.arn}` makes a user for the function's role, or mends"
        " the one that was bound to it by an ARN with a path; a user that belongs to a stack is made anew by"
        " `theia-sf onboard`."
    )
