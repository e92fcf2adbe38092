"""A folder with all that a proxy needs."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError
from theia_sf.proxy.client.ca import Issued, issue, new_authority, permitted_names
from theia_sf.proxy.sessions.keys import new_key_file, new_kms_key_file
from theia_sf.proxy.setup import texts
from theia_sf.proxy.users import registry_file
from theia_sf.proxy.users.registry import Registry

CONFIGURATION: Final = "proxy.yaml"
FILES: Final = {
    CONFIGURATION: "the configuration",
    "policy.yaml": "who may do what",
    "users.yaml": "users, and hashes of their credentials",
    "store.key": "encrypts the tokens of sessions",
    "audit.key": "chains the audit's records",
    "tls/ca.pem": "what clients trust",
    "tls/ca.key": "signs the proxy's certificates",
    "tls/server.pem": "the proxy's certificate",
    "tls/server.key": "its private key",
    ".gitignore": "keeps all but the configuration out of Git",
}
_FOR_GROUP: Final = stat.S_IRGRP
"""The proxy's user may read its key by their group (`guarded_files`): that stays so."""
_PUBLIC: Final = frozenset({CONFIGURATION, "policy.yaml", "tls/ca.pem", "tls/server.pem", ".gitignore"})


@dataclass(frozen=True)
class Folder:
    """What to make.

    Attributes:
        names: host names and addresses that the certificate is for.
        configuration: of `proxy.yaml`.
        reader: whom the policy lets read what.
        kms_key_id: KMS key under which the two keys are kept; None for keys in clear, in files of mode 0600.
        kms_region: where it is.
    """

    names: Sequence[str]
    configuration: texts.Wanted
    reader: texts.Reader
    kms_key_id: str | None = None
    kms_region: str | None = None


def check_new(folder: Path) -> None:
    """Refuse a folder in which something is that would be written.

    Raises:
        UsageError: there is.
    """
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file."
        raise UsageError(message, hint="Name a folder for the proxy's files.")
    there = next((name for name in (*FILES, "tls") if (folder / name).exists()), None)
    if there is not None:
        message = f"{folder / there} is there already, and nothing is overwritten."
        raise UsageError(message, hint="Name another folder, or move what is in this one away.")


def make(folder: Path, wanted: Folder) -> list[Path]:
    """Write the files; all of them or none.

    Returns:
        Their paths.

    Raises:
        UsageError: one of them is there already, a name cannot stand in a certificate, or they cannot be written.
        TheiaError: KMS does not make a key.
    """
    check_new(folder)
    authority = new_authority(wanted.names)
    server = issue(authority, wanted.names)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # a folder that is there may be mounted, and the one that it is in may be somebody else's
        beside = folder if folder.exists() else folder.parent
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=beside))
    except OSError as error:
        raise _not_written(folder, error) from error
    try:
        _fill(made, wanted, authority, server)
        _move(made, folder)
    except OSError as error:
        raise _not_written(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return [folder / name for name in FILES]


def renew_certificate(certificate: Path, key: Path, names: Sequence[str]) -> list[str]:
    """Replace the proxy's certificate by a new one, signed by the authority beside it; a running proxy takes it.

    Args:
        certificate, key: the files; `ca.pem` and `ca.key` are in the same folder.
        names: host names and addresses; none for all those that the authority signs for.

    Returns:
        The names.

    Raises:
        UsageError: the authority's files are missing or broken, it does not sign for a name, or a file cannot be
            written.
    """
    folder = certificate.parent
    try:
        authority = Issued((folder / "ca.pem").read_bytes(), private_files.read(folder / "ca.key")[0])
    except OSError as error:
        message = f"There is no certificate authority in {folder} ({error.strerror}: {error.filename})."
        raise UsageError(message, hint="Have the authority that you use sign the new certificate.") from error
    names = list(names) or permitted_names(authority.certificate)
    made = issue(authority, names)
    try:
        mode = key.stat().st_mode & _FOR_GROUP if key.exists() else 0
        private_files.write_atomically(key, made.key)
        key.chmod(0o600 | mode)
        private_files.write_atomically(certificate, made.certificate)
        certificate.chmod(0o644)
    except OSError as error:
        raise _not_written(folder, error) from error
    return names


def _fill(folder: Path, wanted: Folder, authority: Issued, server: Issued) -> None:
    (folder / "tls").mkdir(mode=0o755)
    (folder / "audit").mkdir(mode=0o700)
    written = {
        CONFIGURATION: texts.configuration(wanted.configuration).encode(),
        "policy.yaml": texts.policy(wanted.reader).encode(),
        ".gitignore": texts.GITIGNORE.encode(),
        "tls/ca.pem": authority.certificate,
        "tls/ca.key": authority.key,
        "tls/server.pem": server.certificate,
        "tls/server.key": server.key,
    }
    for name, data in written.items():
        private_files.write_atomically(folder / name, data)
    registry_file.write(folder / "users.yaml", Registry(), None)
    for name in ("store.key", "audit.key"):
        if wanted.kms_key_id is None:
            new_key_file(folder / name)
        else:
            new_kms_key_file(folder / name, wanted.kms_key_id, wanted.kms_region)
    for name in _PUBLIC:
        (folder / name).chmod(0o644)
    folder.chmod(0o755)


def _move(made: Path, folder: Path) -> None:
    """Put what is made in its place: the folder as a whole, or its files into a folder that is there."""
    if not folder.exists():
        made.rename(folder)
        return
    check_new(folder)
    for entry in made.iterdir():
        if entry.name != "audit" or not (folder / entry.name).exists():
            entry.rename(folder / entry.name)


def _not_written(folder: Path, error: OSError) -> UsageError:
    message = f"{folder} cannot be written: {error.strerror}."
    return UsageError(message, hint="Name a folder that this user may write.")
