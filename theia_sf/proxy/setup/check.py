"""What `proxy check` looks at: everything that the configuration names, without serving anybody."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from theia_sf.errors import TheiaError
from theia_sf.health.check import Check, Verdict, guarded
from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.audit.chain import read_keyring
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.serve.certificate import read_certificate
from theia_sf.proxy.serve.tls import Certificates
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.sessions.keys import read_keys
from theia_sf.proxy.sessions.opening import open_store
from theia_sf.proxy.setup.upstream import audit_table, upstreams
from theia_sf.proxy.users import registry_file
from theia_sf.proxy.users.directory import in_force

if TYPE_CHECKING:
    from theia_sf.proxy.sessions.model import SessionStore

SOON: Final = timedelta(days=30)
"""Before a certificate's end, to say so."""
Runner = Callable[[Awaitable[None]], None]


def check(config: ProxyConfig, where: Path, *, offline: bool) -> Iterator[Check]:
    """Yield what is found, one after the other.

    Args:
        config: the configuration; `where` is its file.
        offline: sign in nowhere.
    """
    yield Check("Configuration", Verdict.OK, str(where))
    yield from guarded("TLS", lambda: _tls(config))
    yield from guarded("Users", lambda: _users(config))
    yield from guarded("Policy", lambda: _policy(config, where))
    yield from guarded("Store", lambda: _store(config))
    yield from guarded("Audit", lambda: _audit(config))
    yield from audit_table(config, offline=offline)
    yield from upstreams(config, where, offline=offline)


def _tls(config: ProxyConfig) -> Iterator[Check]:
    tls = config.listen.tls
    if tls is None:
        yield Check("TLS", Verdict.OK, f"none: plain HTTP on {config.listen.host}, which only this machine reaches")
        return
    certificates = Certificates(tls)
    for path in (tls.certificate, *(other.certificate for other in tls.others)):
        found = read_certificate(path)
        left = found.expires - datetime.now(UTC)
        detail = f"{path}: {', '.join(found.names)}; until {found.expires:%Y-%m-%d}"
        advice = "Renew it: theia-sf proxy renew-certificate, or by the authority that signed it."
        if left <= timedelta(0):
            yield Check("Certificate", Verdict.FAILED, detail, advice)
        elif left <= SOON:
            yield Check("Certificate", Verdict.WARNING, detail, advice)
        else:
            yield Check("Certificate", Verdict.OK, detail)
    for host in _hosts(config):
        if not certificates.cover(host):
            detail = f"No certificate is for {host}, so clients will refuse it."
            advice = f"Name it: theia-sf proxy renew-certificate --hostname {host} …"
            yield Check("Certificate", Verdict.WARNING, detail, advice)


def _hosts(config: ProxyConfig) -> Iterator[str]:
    """The names that clients use."""
    if config.listen.public_url is not None:
        from theia_sf.proxy.client.target import parse_url  # noqa: PLC0415 (needed only here)

        yield parse_url(config.listen.public_url)[1]
    if config.listen.connect_port is not None:
        yield from (host for upstream in config.upstreams.values() for host in upstream.hosts)


def _users(config: ProxyConfig) -> Iterator[Check]:
    users = registry_file.read(config.users).users
    now = datetime.now(UTC)
    active = [user for user in users.values() if not user.disabled and in_force(user.expires, now)]
    detail = f"{config.users}: {len(users)}, of which {len(active)} may sign in"
    if active:
        yield Check("Users", Verdict.OK, detail)
    else:
        yield Check("Users", Verdict.WARNING, detail, "Add one: theia-sf proxy users add NAME --group GROUP")


def _policy(config: ProxyConfig, where: Path) -> Iterator[Check]:
    if config.policy is None:
        advice = "Name a policy, unless every user may do all that the identity may."
        yield Check("Policy", Verdict.WARNING, "none: nothing is refused", advice)
        return
    policy = load_policy(config.policy, where)
    open_access(policy, config.upstreams)
    groups = {group for rule in policy.rules for group in rule.groups}
    known = {group for user in registry_file.read(config.users).users.values() for group in user.groups}
    yield Check("Policy", Verdict.OK, f"{len(policy.rules)} rule{'' if len(policy.rules) == 1 else 's'}")
    for group in sorted(groups - known):
        yield Check("Policy", Verdict.WARNING, f"The group {group} has no users.")


def _store(config: ProxyConfig) -> Iterator[Check]:
    import asyncio  # noqa: PLC0415 (needed only here)

    file = config.store.sqlite
    if file is not None and not file.exists():  # made by whoever opens it first: that must be the proxy's user
        read_keys(config.store.key_file, config.store.old_key_files)
        _check_writable(file.parent)
        yield Check("Store", Verdict.OK, f"{file}: `serve` will make it")
        return
    asyncio.run(_reached(open_store(config.store)))
    yield Check("Store", Verdict.OK, str(file or config.store.redis))


async def _reached(store: SessionStore) -> None:
    try:
        await store.check()
    except StoreUnavailableError as error:
        raise TheiaError(f"{error.reason.rstrip('.')}.", hint="The proxy serves nobody without it.") from error  # noqa: EM102 (the reason is the message)
    except RefusalError as error:
        raise TheiaError(error.message) from error
    finally:
        await store.close()


def _audit(config: ProxyConfig) -> Iterator[Check]:
    audit = config.audit
    keyed = "chained by a key" if audit.key_file else "not chained by a key"
    read_keyring(audit.key_file, audit.old_key_files)
    folder = next(path for path in (audit.path, *audit.path.parents) if path.exists())  # the rest of it will be made
    if not folder.is_dir():
        message = f"The audit cannot be written to {audit.path}: {folder} is a file."
        raise TheiaError(message, hint="Name another folder by `audit.path`.")
    _check_writable(folder)
    detail = f"{audit.path}: {audit.mode}, {keyed}"
    if audit.key_file is None:
        advice = "Without one, whoever can write the files can forge them: theia-sf proxy init makes a key."
        yield Check("Audit", Verdict.WARNING, detail, advice)
    else:
        yield Check("Audit", Verdict.OK, detail)


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"This user may not write into {folder}."
        raise TheiaError(message, hint="Make the folder, or run the check as the user that the proxy runs as.")
