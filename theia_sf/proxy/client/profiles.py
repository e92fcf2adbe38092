"""What a person's machine remembers of a proxy: a folder with its address, its certificates and their access token.

A profile is a folder in the user's configuration: `profile.json`, and beside it `ca.pem` and `token` (mode 0600), which
drivers read by themselves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

import platformdirs

from theia_sf.credentials.private_files import write_atomically
from theia_sf.errors import UsageError
from theia_sf.proxy.client.environment import read_certificates
from theia_sf.proxy.client.target import ACCOUNT, Target, parse_url
from theia_sf.secret import Secret
from theia_sf.snowflake.private_text import read_token

VARIABLE: Final = "THEIA_SF_PROXY_PROFILES"
DEFAULT: Final = "default"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SETTINGS, _CA, _TOKEN = "profile.json", "ca.pem", "token"


def folder() -> Path:
    """Where profiles are: $THEIA_SF_PROXY_PROFILES, else `proxies` in the user's configuration folder."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else Path(platformdirs.user_config_dir("theia-sf")) / "proxies"


def save(name: str, target: Target) -> Target:
    """Remember a proxy; one of that name before is forgotten.

    Args:
        name: of the profile.
        target: with the token itself, and the file of the certificates, which is copied.

    Returns:
        The target, with the files of the profile.

    Raises:
        UsageError: the name cannot be used, the certificates cannot be read, or the files cannot be written.
    """
    place = _place(name)
    settings = {"url": target.url, "account": target.account, "user": target.user}
    certificates = read_certificates(target.ca_file) if target.ca_file else None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        for file, data in (
            (_CA, certificates),
            (_TOKEN, target.token.reveal().encode() if target.token else None),
            (_SETTINGS, (json.dumps(settings, indent=2) + "\n").encode()),
        ):
            if data is None:
                (place / file).unlink(missing_ok=True)
            else:
                write_atomically(place / file, data)
    except OSError as error:
        message = f"The profile cannot be written: {error.strerror} ({error.filename})."
        raise UsageError(message, hint=f"{VARIABLE} names another folder for profiles.") from error
    return load(name)


def load(name: str) -> Target:
    """Return a remembered proxy.

    Raises:
        UsageError: there is none of that name, or its files are broken or open to others.
    """
    place = _place(name)
    try:
        found: dict[str, Any] = json.loads((place / _SETTINGS).read_text(encoding="utf-8"))
        url, account, user = str(found["url"]), str(found.get("account") or ACCOUNT), str(found.get("user") or "")
    except FileNotFoundError as error:
        message = f"There is no profile {name} of a proxy." if name != DEFAULT else "No proxy is named."
        hint = "Remember one: theia-sf proxy login --url https://PROXY:8443; or name it by --url or --config."
        raise UsageError(message, hint=hint) from error
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        message = f"The profile in {place} cannot be read."
        raise UsageError(message, hint="Make it again: theia-sf proxy login") from error
    protocol, host, port = parse_url(url)
    ca_file, token_file = place / _CA, place / _TOKEN
    has_token = token_file.exists()
    return Target(
        protocol,
        host,
        port,
        account,
        user,
        ca_file if ca_file.exists() else None,
        token_file if has_token else None,
        token_in(token_file) if has_token else None,
    )


def forget(name: str) -> bool:
    """Forget a proxy, and the access token; return whether there was one.

    Raises:
        UsageError: the name cannot be used, or the files cannot be removed.
    """
    place = _place(name)
    if not place.exists():
        return False
    try:
        shutil.rmtree(place)
    except OSError as error:
        message = f"The profile in {place} cannot be removed: {error.strerror}."
        raise UsageError(message, hint="The access token may still be in it: remove the folder yourself.") from error
    return True


def token_in(path: Path) -> Secret:
    """Return the access token in a file, without what stands around it.

    Raises:
        UsageError: there is none, or others can read the file.
    """
    return read_token(path)


def _place(name: str) -> Path:
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a profile."
        raise UsageError(message, hint="Use letters, digits, dots, hyphens and underscores.")
    return folder() / name
