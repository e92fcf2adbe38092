"""Read the configuration file, or say what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from theia_sf.errors import UsageError
from theia_sf.proxy.config import yaml_text
from theia_sf.proxy.config.base import FOLDER_KEY
from theia_sf.proxy.config.model import ProxyConfig

_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting",
}
_HINT: Final = "`theia-sf proxy init` writes an example, and docs/proxy-configuration.md names all settings."


def load(path: Path) -> ProxyConfig:
    """Read proxy.yaml.

    Raises:
        UsageError: it does not exist or is not YAML; a setting is unknown, missing, malformed or there twice. The
            sentence names the setting, never its value: it may be a secret in the wrong place.
    """
    document = read_yaml(path, "configuration file")
    if not isinstance(document, dict):
        message = f"The configuration file {path} holds no settings."
        raise UsageError(message, hint=_HINT)
    try:
        return ProxyConfig.model_validate(document, context={FOLDER_KEY: str(path.absolute().parent)})
    except ValidationError as error:
        raise validation_error(error, path) from None


def read_yaml(path: Path, what: str) -> Any:
    """Return what a YAML file holds.

    Raises:
        UsageError: it cannot be read, is not YAML, or has a key twice.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        message = f"There is no {what} {path}."
        raise UsageError(message, hint=_HINT) from error
    except OSError as error:
        message = f"The {what} {path} cannot be read: {error.strerror}."
        raise UsageError(message, hint="It must be a text file that this user may read.") from error
    hint = "Check its indentation, and put values with special characters in quotes."
    return yaml_text.parse(data, path, what, hint=hint)


def validation_error(error: ValidationError, path: Path, *, hint: str = _HINT) -> UsageError:
    """Return what is wrong first with a file, in one sentence; in the hint, what to do and how much else is wrong."""
    errors = error.errors(include_url=False, include_input=False)
    first, more = errors[0], len(errors) - 1
    message = f"{path}: {_sentence(first)}."
    also = f" There {'is' if more == 1 else 'are'} {more} more to correct." if more else ""
    if first["type"] == "extra_forbidden":
        hint = f"Check its spelling and its indentation. {hint}"
    return UsageError(message, hint=hint + also)


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    if error["type"] in _WORDS:
        return f"`{place}` {_WORDS[error['type']]}"
    if error["type"] == "value_error":
        text = error["msg"].removeprefix("Value error, ")
        return f"`{place}`: {text}" if error["loc"] else text[:1].upper() + text[1:]
    text = error["msg"]
    return f"`{place}` is not right: {text[:1].lower()}{text[1:]}"
