"""What goes wrong when one signs in to Snowflake, told as one sentence and what to do.

The numbers are those of snowflake-connector-python (its modules errorcode and network) and of Snowflake's answers:
https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting,
https://docs.snowflake.com/en/user-guide/errors-saml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from theia_sf.errors import ConnectionFailedError, TheiaError
from theia_sf.secret import redact
from theia_sf.snowflake.accounts import FORMS
from theia_sf.snowflake.authenticators import AUTHENTICATORS, KEY_PAIR, WORKLOAD_IDENTITY
from theia_sf.snowflake.connector_arguments import load_key
from theia_sf.snowflake.errors import NETWORK_NUMBERS, LoginRefusedError, UnknownWorkloadError, server_words
from theia_sf.snowflake.identifiers import fold
from theia_sf.snowflake.issuer import REFUSED

if TYPE_CHECKING:
    from snowflake.connector.errors import Error

    from theia_sf.snowflake.settings import ConnectionSettings

_CLOCK: Final = "Check this machine's clock: a JWT is good for one minute."
_KEY: Final = (
    "{fingerprint} must be RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP in DESC USER {user}; check the account, the user "
    "and this machine's clock too."
)
_POLICY: Final = "Ask an administrator which ways the authentication policy of the account or the user allows."
_NETWORK_POLICY: Final = "Ask an administrator to add this address to the network policy of the account or the user."
_RENEW: Final = "Make a new token, and put it where the old one was ({source})."
_MFA: Final = (
    "Give the passcode in SNOWFLAKE_PASSCODE, or sign in with a key pair (SNOWFLAKE_PRIVATE_KEY_PATH) or a "
    "programmatic access token (SNOWFLAKE_TOKEN) instead."
)
_ROLE: Final = "Check --role and SNOWFLAKE_ROLE, or ask for GRANT ROLE {granted} TO USER {grantee}."

# Number -> (sentence, hint); what is in braces is filled in by `_told`.
SENTENCES: Final[dict[int, tuple[str, str]]] = {
    390100: (
        "Snowflake refused the user name or password of {user} at {account}.",
        "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD; a few more wrong attempts lock the user.",
    ),
    390101: (
        "The Snowflake user {user} is disabled.",
        "Ask an administrator to enable it (ALTER USER {grantee} SET DISABLED = FALSE).",
    ),
    390102: (
        "The Snowflake user {user} is locked after too many wrong attempts.",
        "Wait for 15 minutes, or ask an administrator (ALTER USER {grantee} SET MINS_TO_UNLOCK = 0).",
    ),
    390133: ("Snowflake refused what the browser brought for {user}.", "Sign in again, and finish within a minute."),
    390139: ("Snowflake does not let {user} sign in by {title}.", _POLICY),
    390144: ("Snowflake refused the key pair of {user} at {account}.", _KEY),
    390178: ("Snowflake refused what the browser brought for {user}.", "Sign in again, and finish within a minute."),
    390186: ("The role {role} is not granted to {user}.", _ROLE),
    390189: ("The role {role} does not exist, or is not granted to {user}.", _ROLE),
    390190: (
        "Snowflake at {account} has no identity provider for sign-in by web browser.",
        "Sign in another way: a key pair, or a programmatic access token.",
    ),
    390191: (
        "The browser is signed in at the identity provider as somebody else than {user}.",
        "Sign out there, or set SNOWFLAKE_USER to the user that the browser is signed in as.",
    ),
    390197: ("Snowflake wants multi-factor authentication for {user}.", _MFA),
    390201: ("Snowflake does not let {user} sign in by {title}.", _POLICY),
    390303: ("Snowflake refused the OAuth token of {user} at {account}: it is invalid.", _RENEW),
    390304: (
        "The OAuth token is for nobody whom Snowflake knows at {account}.",
        "See the user mapping of the security integration, and the LOGIN_NAME of the user.",
    ),
    390309: (
        "The OAuth token is for another user than {user}.",
        "Leave SNOWFLAKE_USER unset, or set it to the user that the token is for.",
    ),
    390317: (
        "The OAuth token does not allow the role {role}.",
        "Ask the issuer for the scope session:role:ROLE (SNOWFLAKE_OAUTH_SCOPE), or name another role.",
    ),
    390318: ("The OAuth token of {user} has expired.", _RENEW),
    390420: ("A network policy keeps this machine from {account}.", _NETWORK_POLICY),
    390422: ("A network policy keeps this machine from {account}.", _NETWORK_POLICY),
    394300: ("Snowflake refused the key pair of {user} at {account}: there is no such user, or it has no key.", _KEY),
    394301: ("Snowflake refused the key pair of {user}: the JWT had expired when it arrived.", _CLOCK),
    394302: ("Snowflake refused the key pair of {user}: the JWT is from the future.", _CLOCK),
    394303: (
        "Snowflake refused the key pair of {user}: the JWT was made for too long a time.",
        "Unset JWT_LIFETIME_IN_SECONDS; an hour is the most that Snowflake takes.",
    ),
    394304: ("Snowflake does not have the public key of this private key for {user}.", _KEY),
    394305: ("Snowflake does not take the algorithm of {user}'s key.", "Use an RSA key of 2048 bits or more."),
    394306: ("Snowflake refused the key pair of {user} at {account}.", _KEY),
    394307: (
        "Snowflake refused the key pair of {user}: it is meant for another account than {account}.",
        "The account must be the one at the host ({host}). " + FORMS,
    ),
    394400: (
        "Snowflake refused the access token of {user} at {account}: invalid, expired, revoked, disabled or another's.",
        "SHOW USER PROGRAMMATIC ACCESS TOKENS tells its state. "
        + _RENEW
        + " An OAuth token takes SNOWFLAKE_AUTHENTICATOR=OAUTH.",
    ),
    394401: ("The access token of {user} has expired.", _RENEW),
    394507: (
        "Snowflake refused the passcode of {user}: it is wrong, or was used before.",
        "Take the next one that the app shows: each is good for one sign-in, within half a minute.",
    ),
    394508: ("Snowflake wants multi-factor authentication for {user}.", _MFA),
}
_UNKNOWN_WORKLOAD: Final = re.compile(r"unable to find an associated snowflake user", re.IGNORECASE)
# Snowflake's words -> the number whose sentence fits: for the connector's catch-all 250001 and unknown numbers.
_TEXTS: Final[tuple[tuple[str, int], ...]] = (
    (r"incorrect username or password", 390100),
    (r"user access disabled|user.*disabled", 390101),
    (r"temporarily locked|locked out", 390102),
    (r"oauth.*expired", 390318),
    (r"invalid oauth|oauth.*invalid", 390303),
    (r"jwt token.*fingerprint", 394304),
    (r"jwt token", 390144),
    (r"role .*(does not exist|not authorized)", 390189),
    (r"totp invalid", 394507),
    (r"multi-factor authentication|\bmfa\b|passcode", 390197),
    (r"saml identity provider", 390190),
    (r"programmatic access token.*expired", 394401),
    (r"programmatic access token", 394400),
    (r"ip.*not allowed to access|network policy", 390422),
    (r"authenticat\w+ .*(not supported|not allowed|rejected|not accepted)", 390139),
)
_ANSWERED: Final = re.compile(r"Failed to connect to DB: \S+:\d+[.,] ")  # how the connector begins Snowflake's words
_REFERENCE: Final = re.compile(r"\[([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]")
_UNREACHABLE: Final = "Check the network and any proxy; `theia-sf sandbox status` tells whether the sandbox runs."
_WORKLOAD: Final = (
    "`theia-sf workload-identity check` prints the identity as Snowflake sees it, and the CREATE USER that it needs."
)
# By provider, where Snowflake does not believe the proof.
_WORKLOAD_HINTS: Final = {
    "AWS": "Check that the AWS credentials are whole and have not expired, and this machine's clock.",
    "OIDC": "The platform must issue the token anew when it ends; its issuer, subject and audience must be those that "
    "DESC USER shows.",
}
_UNTRUSTED_HOST: Final = 251021
_SETTINGS: Final = range(251000, 252000)  # the connector's own checks of its arguments, and of the workload
_HTTP: Final = 290000  # the HTTP status is added to it
_NO_ACCOUNT: Final = (_HTTP + 403, _HTTP + 404)
_ISSUER_SAID_NO: Final = 250006
_ISSUERS_WORDS: Final = re.compile(rf"{REFUSED}(.*?)\.?$", re.DOTALL)
_NO_BROWSER: Final = 250008

# What the connector says about the workload before it asks Snowflake -> (sentence, hint).
_WORKLOAD_TEXTS: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    (
        r"no aws region",
        (
            "There is no AWS region to prove this workload's identity in.",
            "Set AWS_REGION to the region that the workload runs in.",
        ),
    ),
    (
        r"no aws credentials",
        (
            "There are no AWS credentials to prove this workload's identity with.",
            "Run it with a role (of Lambda, ECS, EKS, EC2), or set AWS_PROFILE; users' keys will not do.",
        ),
    ),
    (
        r"invalid jwt|'iss' or 'sub'|token must be provided",
        (
            "The workload's OIDC token is not one.",
            "SNOWFLAKE_TOKEN_FILE_PATH must name the file in which the platform keeps the identity token.",
        ),
    ),
)


def login_error(error: Error, settings: ConnectionSettings) -> TheiaError:
    """Turn what the connector raised on signing in into one sentence; network errors stay apart from refusals."""
    number, text = error.errno or 0, str(error.msg or error)
    if _UNKNOWN_WORKLOAD.search(text):
        # Snowflake's own words stay in it: they are what people search for
        message = f"Snowflake has no user for this workload's identity: {server_words(text)}"
        return UnknownWorkloadError(message, hint=_WORKLOAD, number=number or None)
    known = number if number in SENTENCES else _number_of(text)
    elsewhere = _not_snowflakes(number, text, settings)
    if elsewhere is not None:
        return elsewhere
    if known is not None:
        sentence, hint = SENTENCES[known]
        told = _told(settings, known)
        hint = hint.format(**told) + _for_the_administrator(text)
        return LoginRefusedError(sentence.format(**told), hint=hint, number=number or None)
    if (number in NETWORK_NUMBERS and not _ANSWERED.search(text)) or _HTTP < number < _HTTP + 1000:
        message = f"Snowflake cannot be reached at {settings.endpoint}."
        spelling = "" if settings.host else f" If it is the account: {FORMS[0].lower()}{FORMS[1:]}"
        return ConnectionFailedError(message, hint=_UNREACHABLE + spelling)
    message = f"Snowflake refused the sign-in of {settings.who}: {server_words(text)}"
    hint = "`theia-sf doctor --snowflake` shows what was tried."
    if settings.authenticator == WORKLOAD_IDENTITY:
        hint = _WORKLOAD_HINTS["OIDC" if settings.workload_identity_provider == "OIDC" else "AWS"]
        if settings.user:
            hint += f" It must be the identity of {settings.user}; without SNOWFLAKE_USER, it signs in as whose it is."
    return LoginRefusedError(message, hint=hint, number=number or None)


def _not_snowflakes(number: int, text: str, settings: ConnectionSettings) -> ConnectionFailedError | None:
    """What failed before Snowflake was asked, or at a host that is not the account's."""
    if number == _ISSUER_SAID_NO or "access token from idp" in text.lower():
        refused = _ISSUERS_WORDS.search(text)
        return _issuer_error(settings, refused[1] if refused else "no token" if number == _ISSUER_SAID_NO else None)
    if number in _NO_ACCOUNT or "Verify the account name" in text:
        message = f"There is no Snowflake account at {settings.hostname}."
        return ConnectionFailedError(message, hint=FORMS)
    if number == _NO_BROWSER:
        return no_browser()
    if number in _SETTINGS and number not in NETWORK_NUMBERS:
        return _settings_error(number, text, settings)
    return None


def no_browser() -> ConnectionFailedError:
    """Sign-in by web browser, where there is neither a browser nor somebody to ask."""
    message = "There is no web browser here to sign in to Snowflake with."
    return ConnectionFailedError(message, hint="Sign in another way: a key pair, or a programmatic access token.")


def _number_of(text: str) -> int | None:
    return next((number for pattern, number in _TEXTS if re.search(pattern, text, re.IGNORECASE)), None)


def _for_the_administrator(text: str) -> str:
    """Snowflake tells the client little of why, and marks the refusal with an ID for those who may know more."""
    found = _REFERENCE.search(text)
    return f" ACCOUNTADMIN learns more by SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('{found[1]}')." if found else ""


def _told(settings: ConnectionSettings, number: int) -> dict[str, str]:
    told = {
        "user": settings.who,
        "account": settings.account,
        "host": settings.hostname,
        "title": AUTHENTICATORS[settings.authenticator].title,
        "role": fold(settings.role) if settings.role else "that is the default",
        "source": settings.credentials_source,
        "granted": fold(settings.role) if settings.role else "…",
        "grantee": fold(settings.user) if settings.user else "…",
    }
    if "{fingerprint}" in SENTENCES[number][1]:
        told["fingerprint"] = _fingerprint(settings)
    return told


def _fingerprint(settings: ConnectionSettings) -> str:
    if settings.authenticator == KEY_PAIR and (settings.private_key or settings.private_key_path):
        from theia_sf.snowflake import keys  # noqa: PLC0415 (cryptography is needed for this way of signing in only)

        return keys.fingerprint(load_key(settings))
    return "The fingerprint that `theia-sf doctor --snowflake` prints"


def _issuer_error(settings: ConnectionSettings, words: str | None) -> ConnectionFailedError:
    """`words`: what the issuer answered; None if it did not."""
    url = settings.oauth_token_request_url
    if words is None:
        message = f"The OAuth issuer cannot be reached at {url}."
        return ConnectionFailedError(
            message, hint="Check SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL, the network and any proxy."
        )
    message = f"The OAuth issuer at {url} gave no token to the client {settings.oauth_client_id}: {redact(words)}."
    hint = (
        "Check SNOWFLAKE_OAUTH_CLIENT_ID, SNOWFLAKE_OAUTH_CLIENT_SECRET and SNOWFLAKE_OAUTH_SCOPE at the issuer, and "
        "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL."
    )
    return LoginRefusedError(message, hint=hint)


def _settings_error(number: int, text: str, settings: ConnectionSettings) -> ConnectionFailedError:
    if number == _UNTRUSTED_HOST:
        message = f"A workload's identity is not sent to {settings.hostname}, which is no host of Snowflake's."
        hint = "If it is a proxy or the sandbox: name its host in SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES."
        return ConnectionFailedError(message, hint=hint)
    for pattern, (sentence, hint) in _WORKLOAD_TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return ConnectionFailedError(sentence, hint=hint)
    message = f"The Snowflake settings are not usable: {server_words(text)}"
    needed = f"{AUTHENTICATORS[settings.authenticator].title} needs {AUTHENTICATORS[settings.authenticator].advice}"
    return ConnectionFailedError(message, hint=f"Sign-in by {needed}.")
