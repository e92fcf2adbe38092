"""Values to encrypt, from where they are in clear: the environment, lines of SNOWFLAKE_* variables, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from theia_sf.credentials.env_file import EnvFile
from theia_sf.credentials.fields import FIELD_OF_KEY, FIELDS
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

_PREFIX: Final = "snowflake_"


def from_variables(variables: Mapping[str, str], where: str) -> dict[str, Secret]:
    """Return the fields that SNOWFLAKE_* variables set; others are not looked at.

    Args:
        variables: name to value.
        where: what they are, for the error.

    Raises:
        UsageError: there are none.
    """
    values = {name: entry.value_in(variables) for name, entry in FIELDS.items()}
    found = {name: Secret(value, mask=FIELDS[name].secret) for name, value in values.items() if value is not None}
    if not found:
        message = f"There is no SNOWFLAKE_* value in {where}."
        raise UsageError(message, hint="Such as SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_PASSWORD.")
    return found


def from_text(data: bytes, where: str) -> dict[str, Secret]:
    """Return the fields in a file's content: a JSON object, or lines as in a `.env`.

    The names in JSON are those of the variables, with or without SNOWFLAKE_, or those of connections.toml.

    Raises:
        UsageError: it is not text, not such an object, or sets nothing.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{where} is not text in UTF-8."
        raise UsageError(message) from error
    if _is_json(text):
        return _from_json(text, where)
    file = EnvFile(data)
    for line, unreadable in file.unreadable().items():
        if _PREFIX.upper() in unreadable:  # other lines are no concern of ours
            message = f"Line {line} of {where} cannot be read as NAME=value."
            raise UsageError(message, hint="Look for a quote that is not closed.")
    return from_variables(file.values, where)


def unknown_lines(data: bytes) -> tuple[str, ...]:
    """Return the SNOWFLAKE_* variables with a value in such a file that `from_text` does not know, and leaves out."""
    if _is_json(data.decode("utf-8-sig", "replace")):  # where what is not known is refused
        return ()
    known = {variable for entry in FIELDS.values() for variable in entry.variables}
    found = EnvFile(data).values.items()
    return tuple(name for name, value in found if value and name.startswith(_PREFIX.upper()) and name not in known)


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _from_json(text: str, where: str) -> dict[str, Secret]:
    try:
        loaded: Any = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{where} is no valid JSON: {error.msg} in line {error.lineno}."
        raise UsageError(message) from None  # the error holds the whole document
    except RecursionError:
        message = f"{where} is no valid JSON for credentials: it is nested too deeply."
        raise UsageError(message) from None
    found: dict[str, Secret] = {}
    for key, value in cast("dict[str, Any]", loaded).items():
        name = FIELD_OF_KEY.get(key.lower().removeprefix(_PREFIX))
        if name is None:
            message = f"{where} has an entry {key!r}, which is no setting of a sign-in to Snowflake."
            raise UsageError(message, hint="Known are " + ", ".join(FIELDS) + ".")
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if name in found:
            message = f"{where} has the {name.replace('_', ' ')} twice, the second time as {key!r}."
            raise UsageError(message, hint="Leave one of them.")
        if not isinstance(value, (str, int)):
            message = f"The entry {key!r} in {where} is no text."
            raise UsageError(message)
        text_value = str(value).lower() if isinstance(value, bool) else str(value)
        found[name] = Secret(text_value, mask=FIELDS[name].secret)
    if not found:
        message = f"There is no value in {where}."
        raise UsageError(message, hint="Such as account, user and password.")
    return found
