"""Why a sign-in is refused: Snowflake's number, its text for the client, and its name for the administrator.

The client is told little ("Invalid OAuth access token. [uuid]"); LOGIN_HISTORY and
SYSTEM$GET_LOGIN_FAILURE_DETAILS name the cause. Every refusal is a final answer, so that no client repeats it.
"""

from __future__ import annotations

import uuid

from theia_sf.sandbox.snowflake.errors import SnowflakeError

SIGN_IN_STATE = "08001"


class SignInError(SnowflakeError):
    """A refused sign-in.

    Args:
        errno: Snowflake's number.
        text: what the client is told.
        name: what LOGIN_HISTORY calls it.
        tagged: whether the text ends with an id, by which an administrator finds the attempt.
    """

    def __init__(self, errno: int, text: str, name: str, *, tagged: bool = False) -> None:
        self.reference = str(uuid.uuid4())
        super().__init__(errno, SIGN_IN_STATE, f"{text} [{self.reference}]" if tagged else text)
        self.name = name


def incorrect_password() -> SignInError:
    """390100: also for a user that doesn't exist."""
    return SignInError(390100, "Incorrect username or password was specified.", "INCORRECT_USERNAME_PASSWORD")


def user_disabled() -> SignInError:
    """390101."""
    return SignInError(390101, "User access disabled. Contact your local system administrator.", "USER_ACCESS_DISABLED")


def user_locked() -> SignInError:
    """390102: too many wrong passwords in a row."""
    text = (
        "Your user account has been temporarily locked. Try again later or contact your account administrator for "
        "assistance."
    )
    return SignInError(390102, text, "USER_LOCKED_TEMP", tagged=True)


def invalid_jwt(errno: int = 390144, name: str = "JWT_TOKEN_INVALID") -> SignInError:
    """390144 and 394300 to 394307: the JSON web token of a key pair; the number says why, the text does not."""
    return SignInError(errno, "JWT token is invalid.", name, tagged=True)


def invalid_access_token() -> SignInError:
    """394400: a programmatic access token that is unknown, expired, disabled or another user's."""
    return SignInError(394400, "Programmatic access token is invalid.", "PROGRAMMATIC_ACCESS_TOKEN_INVALID")


def invalid_oauth_token(name: str) -> SignInError:
    """390303; `name` is one of the External OAuth errors of "SYSTEM$GET_LOGIN_FAILURE_DETAILS"."""
    return SignInError(390303, "Invalid OAuth access token.", name, tagged=True)


def oauth_token_expired() -> SignInError:
    """390318."""
    return SignInError(390318, "OAuth access token expired.", "EXTERNAL_OAUTH_ACCESS_TOKEN_EXPIRED", tagged=True)


def oauth_user_unknown() -> SignInError:
    """390304: the token stands for nobody in this account."""
    return SignInError(390304, "Incorrect username or password was specified.", "OAUTH_USER_NOT_FOUND", tagged=True)


def oauth_user_differs() -> SignInError:
    """390309: LOGIN_NAME names somebody else than the token."""
    text = "The user you were trying to authenticate as differs from the user tied to the access token."
    return SignInError(390309, text, "OAUTH_USERNAMES_MISMATCH", tagged=True)


def role_not_in_token(role: str) -> SignInError:
    """390317: the token's scope doesn't hold the role."""
    text = (
        "The role requested in the connection, or the default role if none was requested in the connection "
        f"('{role}'), is not listed in the Access Token or was filtered. Please specify another role, or contact your "
        "OAuth Authorization server administrator."
    )
    return SignInError(390317, text, "OAUTH_ROLE_NOT_LISTED")


def role_not_granted(role: str) -> SignInError:
    """390189."""
    text = (
        f"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local system "
        "administrator, or attempt to login with another role, e.g. PUBLIC."
    )
    return SignInError(390189, text, "ROLE_NOT_GRANTED")


def passcode_missing() -> SignInError:
    """394508: the user is enrolled in MFA by an authenticator app, and sent its password alone."""
    text = (
        "Failed to authenticate: MFA with TOTP is required. To authenticate, provide both your password and a current "
        "TOTP passcode."
    )
    return SignInError(394508, text, "MFA_TOTP_REQUIRED", tagged=True)


def passcode_wrong() -> SignInError:
    """394507: the passcode is another one, or was used before."""
    return SignInError(394507, "Failed to authenticate: TOTP Invalid", "MFA_TOTP_INVALID", tagged=True)


def browser_token_wrong(errno: int = 390133, name: str = "SAML_RESPONSE_INVALID") -> SignInError:
    """390133, 390178: the token from the browser is unknown, used, too old, or belongs to another request."""
    return SignInError(errno, "SAML response is invalid or matching user is not found.", name, tagged=True)


def browser_user_differs() -> SignInError:
    """390191: somebody else is signed in at the identity provider."""
    text = "The user you were trying to authenticate as differs from the user currently logged in at the IDP."
    return SignInError(390191, text, "SAML_RESPONSE_INVALID_USERNAMES_MISMATCH", tagged=True)


def invalid_attestation(text: str, name: str) -> SignInError:
    """250001: a workload's attestation that isn't proven, or that nobody's identity matches.

    Snowflake's own number isn't published; this is what connectors show for a sign-in that failed.
    """
    return SignInError(250001, text, name)


def unsupported_authenticator(name: str) -> SignInError:
    """390201."""
    return SignInError(390201, f"Authenticator type is not supported: {name}.", "AUTHENTICATOR_NOT_SUPPORTED")
