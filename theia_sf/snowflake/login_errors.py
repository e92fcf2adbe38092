"""What goes wrong when one signs in to Snowflake, told as one sentence and what to do."""

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
from theia_sf.snowflake.login_sentences import SENTENCES, TEXTS, WORKLOAD_HINTS, WORKLOAD_TEXTS

if TYPE_CHECKING:
    from snowflake.connector.errors import Error

    from theia_sf.snowflake.settings import ConnectionSettings

_UNKNOWN_WORKLOAD: Final = re.compile(r"unable to find an associated snowflake user", re.IGNORECASE)
_ANSWERED: Final = re.compile(r"Failed to connect to DB: \S+:\d+[.,] ")  # how the connector begins Snowflake's words
_REFERENCE: Final = re.compile(r"\[([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]")
_UNREACHABLE: Final = "Check the network and any proxy; `theia-sf sandbox status` tells whether the sandbox runs."
_WORKLOAD: Final = (
    "`theia-sf workload-identity check` prints the identity as Snowflake sees it, and the CREATE USER that it needs."
)
_UNTRUSTED_HOST: Final = 251021
_SETTINGS: Final = range(251000, 252000)  # the connector's own checks of its arguments, and of the workload
_HTTP: Final = 290000  # the HTTP status is added to it
_NO_ACCOUNT: Final = (_HTTP + 403, _HTTP + 404)
_ISSUER_SAID_NO: Final = 250006
_ISSUERS_WORDS: Final = re.compile(rf"{REFUSED}(.*?)\.?$", re.DOTALL)
_NO_BROWSER: Final = 250008


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
        hint = WORKLOAD_HINTS["OIDC" if settings.workload_identity_provider == "OIDC" else "AWS"]
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
    return next((number for pattern, number in TEXTS if re.search(pattern, text, re.IGNORECASE)), None)


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
    for pattern, (sentence, hint) in WORKLOAD_TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return ConnectionFailedError(sentence, hint=hint)
    message = f"The Snowflake settings are not usable: {server_words(text)}"
    needed = f"{AUTHENTICATORS[settings.authenticator].title} needs {AUTHENTICATORS[settings.authenticator].advice}"
    return ConnectionFailedError(message, hint=f"Sign-in by {needed}.")
