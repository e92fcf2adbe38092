"""Where the settings of a sign-in come from, and which of them wins.

Strongest first: the command's flags; SNOWFLAKE_* variables; the KMS-encrypted `.env`; a connection of Snowflake's own
files; a secret in AWS Secrets Manager. A field comes from the strongest source that has it; credentials and endpoint
come from one source as a whole. A source of another account than the stronger ones gives nothing. A source that costs
something (a file to open, a call to KMS) is read only while account, user or credentials are missing, or if it was
named.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from theia_sf.credentials.fields import FIELDS, PROOFS, Part, of_part, settings_in
from theia_sf.errors import UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.accounts import parse_account
from theia_sf.snowflake.connections_file import default_connection_name, read_connection
from theia_sf.snowflake.sign_in import SignIn

Value = str | Secret
VARIABLES_NAME: Final = "SNOWFLAKE_* variables"
FLAGS_NAME: Final = "flags"

_CREDENTIALS: Final = of_part(Part.CREDENTIALS)
_ENDPOINT: Final = of_part(Part.ENDPOINT)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """One place that settings come from.

    Attributes:
        name: what to call it.
        fields: the fields that it has, known without decrypting any.
        read: returns the values of some of these.
        named: the user named it, by a flag or a THEIA_SF_* variable.
    """

    name: str
    fields: frozenset[str]
    read: Callable[[Iterable[str]], Mapping[str, Value]]
    named: bool = False


@dataclass
class Gathered:
    """What the sources gave.

    Attributes:
        values: field to value; fields that nobody gave are not there.
        origins: field to the name of the source that gave it.
        left_out: sentences about sources that gave nothing because they are for another account.
        named: the names of the sources that the user named.
    """

    values: dict[str, Value] = field(default_factory=dict[str, Value])
    origins: dict[str, str] = field(default_factory=dict[str, str])
    left_out: list[str] = field(default_factory=list[str])
    named: set[str] = field(default_factory=set[str])

    def text(self, name: str) -> str | None:
        """Return the value of a field that is no secret."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def secret(self, name: str) -> Secret | None:
        """Return the value of a field that is a secret."""
        value = self.values.get(name)
        return value if isinstance(value, Secret) else None

    @property
    def credentials_origin(self) -> str:
        """The source that the credentials came from; empty if there are none."""
        proof = next((name for name in self.origins if name in PROOFS), "authenticator")
        return self.origins.get(proof, "")


def gather(flags: SignIn, environ: Mapping[str, str], is_complete: Callable[[Gathered], bool]) -> Gathered:
    """Put the settings together; signs in nowhere, but may ask KMS and Secrets Manager.

    Args:
        flags: what the command's flags say.
        environ: the variables.
        is_complete: whether account, user and credentials are all there, so that weaker sources need not be read.

    Raises:
        ConnectionFailedError: a named connection or secret does not exist, or AWS refuses to give it.
        UsageError: a file is broken, or open to others.
    """
    gathered = Gathered()
    _take(gathered, _of_flags(flags))
    _take(gathered, _of_variables(environ))
    openers = (_open_credentials_file, _open_connection, _open_secret)
    for opener in openers:
        source = opener(flags, environ, needed=not is_complete(gathered))
        if source is None:
            continue
        if source.named:
            _warn_if_overruled(source, gathered)
            gathered.named.add(source.name)
        _take(gathered, source)
    return gathered


def _of_flags(flags: SignIn) -> Source:
    given = {name: value for name in FIELDS if isinstance(value := getattr(flags, name, None), str) and value}
    return _known(FLAGS_NAME, given)


def _of_variables(environ: Mapping[str, str]) -> Source:
    values = {name: entry.value_in(environ) for name, entry in FIELDS.items()}
    return _known(VARIABLES_NAME, {name: value for name, value in values.items() if value is not None})


def _open_credentials_file(flags: SignIn, environ: Mapping[str, str], *, needed: bool) -> Source | None:
    name = flags.credentials_file or environ.get("THEIA_SF_CREDENTIALS_FILE")
    if not name and not needed:
        return None
    from theia_sf.credentials import file as credentials_file  # noqa: PLC0415 (boto3 is needed for this source only)

    path = Path(name).expanduser() if name else credentials_file.default_file(environ)
    if path is None:
        return None
    opened = credentials_file.open_file(path)
    if opened.clear_secrets:
        names = ", ".join(opened.clear_secrets)
        _log.warning("%s in clear in %s is not read; `theia-sf credentials encrypt` encrypts it.", names, path)
    if environ is os.environ:
        credentials_file.apply_aws(opened)

    def read(fields: Iterable[str]) -> dict[str, Value]:
        wanted = set(fields)
        plain: dict[str, Value] = {name: value for name, value in opened.plain.items() if name in wanted}
        encrypted = opened.decrypt(wanted & opened.fields)
        shown = {name: value if FIELDS[name].secret else value.reveal() for name, value in encrypted.items()}
        return plain | shown

    return Source(f"the credentials file {path}", opened.fields | opened.plain.keys(), read, named=bool(name))


def _open_connection(flags: SignIn, environ: Mapping[str, str], *, needed: bool) -> Source | None:
    named = flags.connection or environ.get("THEIA_SF_CONNECTION")
    name = named or (default_connection_name(environ) if needed else None)
    if name is None:
        return None
    values, path = read_connection(name, environ)
    return _known(f"connection {name} in {path}", values, named=bool(named))


def _open_secret(flags: SignIn, environ: Mapping[str, str], *, needed: bool) -> Source | None:  # noqa: ARG001 (as the others)
    secret_id = flags.secret_id or environ.get("THEIA_SF_SECRET_ID")
    if not secret_id:
        return None
    from theia_sf.aws.secrets import read_secret  # noqa: PLC0415 (boto3 is needed for this source only)

    entries = read_secret(secret_id)
    found = settings_in({key.lower().removeprefix("snowflake_"): text for key, text in entries.items()})
    if "account" not in found and not PROOFS & found.keys():
        message = f"The secret {secret_id} in AWS Secrets Manager has neither an account nor credentials for Snowflake."
        hint = (
            'It must be a JSON object such as {"account": "ORG-ACCOUNT", "user": "NAME", "private_key": "-----BEGIN…"}.'
        )
        raise UsageError(message, hint=hint)
    return _known(f"the secret {secret_id} in AWS Secrets Manager", found, named=True)


def _known(name: str, texts: Mapping[str, str], *, named: bool = False) -> Source:
    values: dict[str, Value] = {
        key: Secret(text.strip() if key == "token" else text) if FIELDS[key].secret else text.strip()
        for key, text in texts.items()
        if text.strip()
    }
    return Source(
        name, frozenset(values), lambda fields: {key: values[key] for key in fields if key in values}, named=named
    )


def _take(gathered: Gathered, source: Source) -> None:
    """Fill from a weaker source what the stronger ones leave open."""
    values, wanted = gathered.values, set(source.fields)
    if "account" in values and "account" in wanted:
        theirs = source.read(["account"]).get("account")
        if not same_account(str(values["account"]), str(theirs)):
            gathered.left_out.append(f"The settings of {source.name} are for the account {theirs}, and were left out.")
            return
    if PROOFS & values.keys():
        wanted -= _CREDENTIALS - _completes(gathered, source)
    elif PROOFS & wanted:
        values.pop("private_key_passphrase", None)  # of a stronger source, and so of another key
    if _ENDPOINT & values.keys():
        wanted -= _ENDPOINT
    got = source.read(wanted - values.keys())
    values.update(got)
    gathered.origins.update(dict.fromkeys(got, source.name))


def _completes(gathered: Gathered, source: Source) -> set[str]:
    """Flags take no secrets: a key file that a flag names is opened with the passphrase in the variables."""
    by_flag = gathered.origins.get("private_key_path") == FLAGS_NAME
    return {"private_key_passphrase"} if by_flag and source.name == VARIABLES_NAME else set()


def same_account(one: str, other: str) -> bool:
    """Whether two spellings name the same account, as far as can be told without asking Snowflake."""
    return _bare(one) == _bare(other)


def _bare(account: str) -> str:
    return parse_account(account).account.upper().replace("_", "-")


def _warn_if_overruled(source: Source, gathered: Gathered) -> None:
    """Say that the source that the user named does not decide who signs in where, if something but a flag does."""
    winners: dict[str, list[str]] = {}
    for name in ("account", "user"):
        if name in source.fields and gathered.origins.get(name, FLAGS_NAME) != FLAGS_NAME:
            ours, theirs = str(gathered.values[name]), str(source.read([name]).get(name))
            same = same_account(ours, theirs) if name == "account" else ours.upper() == theirs.upper()
            if not same:
                winners.setdefault(gathered.origins[name], []).append(name)
    if PROOFS & source.fields:
        for name in sorted(PROOFS & gathered.values.keys()):
            winners.setdefault(gathered.origins[name], []).append(name)
    for origin, names in winners.items():
        if origin == VARIABLES_NAME:
            spelled = ", ".join(FIELDS[name].variables[0] for name in names)
            _log.warning("Used from variables, not from %s: %s. Unset them to use it.", source.name, spelled)
        elif origin != FLAGS_NAME:
            spelled = ", ".join(name.replace("_", " ") for name in names)
            advice = "Name one of the two." if origin in gathered.named else "Run theia-sf in another folder to use it."
            _log.warning("Used from %s, not from %s: %s. %s", origin, source.name, spelled, advice)
