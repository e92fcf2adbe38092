"""Whether the proxy can sign in to the accounts behind it and to that of the audit's copy, and whether what the policy
names is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from theia_sf.errors import TheiaError
from theia_sf.health.check import Check, Verdict, guarded
from theia_sf.proxy.access.load import load_policy
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.config.policy import Rule
from theia_sf.proxy.upstream.settings import settings_of
from theia_sf.snowflake.identifiers import exact, qualified

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from theia_sf.snowflake.settings import ConnectionSettings

_DEFAULT: Final = "default"
_OBJECTS: Final = {"roles": "ROLE", "warehouses": "WAREHOUSE", "databases": "DATABASE", "schemas": "SCHEMA"}
"""Setting of a rule to what USE calls it, in the order in which one needs the other."""


def upstreams(config: ProxyConfig, where: Path, *, offline: bool) -> Iterator[Check]:
    """Yield a check for each identity of each account, and one for each name of the policy that is not there."""
    for account, upstream in config.upstreams.items():
        for name in upstream.identities:
            title = f"Account {account}, identity {name}"

            def look(account: str = account, name: str = name, title: str = title) -> Iterator[Check]:
                settings = settings_of(config.upstreams[account].identity(name), name)
                who = f"{settings.who} at {settings.endpoint}"
                if offline:
                    yield Check(title, Verdict.SKIPPED, f"{who}; not signed in")
                    return
                yield from _signed_in(title, settings, _rules(config, where, account, name))

            yield from guarded(title, look)


def audit_table(config: ProxyConfig, *, offline: bool) -> Iterator[Check]:
    """Yield a check of the audit's copy in Snowflake, if there is to be one. The table itself is made by `serve`."""
    copy = config.audit.snowflake
    if copy is None:
        return
    title = "Audit, its copy in Snowflake"

    def look() -> Iterator[Check]:
        from theia_sf.proxy.audit.table import place  # noqa: PLC0415 (imports the connector, as below)
        from theia_sf.snowflake.connect import session  # noqa: PLC0415 (takes a second to import)
        from theia_sf.snowflake.query import execute  # noqa: PLC0415 (as above)

        settings = settings_of(copy.identity, "of audit.snowflake")
        who = f"{settings.who} at {settings.endpoint}, into {copy.table}"
        if offline:
            yield Check(title, Verdict.SKIPPED, f"{who}; not signed in")
            return
        with session(settings, query_tag="theia-sf proxy check") as connection:
            try:
                execute(connection, f"USE SCHEMA {qualified(*place(copy.table))}").close()
            except TheiaError as error:
                advice = "Make the schema, and let the identity's role use it."
                yield Check(title, Verdict.FAILED, f"{copy.table}: {error.message}", advice)
                return
            yield Check(title, Verdict.OK, who)

    yield from guarded(title, look)


def _rules(config: ProxyConfig, where: Path, account: str, identity: str) -> list[Rule]:
    """The rules by which somebody is signed in as an identity."""
    try:
        rules = load_policy(config.policy, where).rules
    except TheiaError:  # told by the check of the policy
        return []
    identities = config.upstreams[account].identities
    other = _DEFAULT if _DEFAULT in identities else next(iter(identities))
    return [
        rule
        for rule in rules
        if rule.effect == "allow"
        and (not rule.accounts or account in rule.accounts)
        and (rule.identity or other) == identity
    ]


def _signed_in(title: str, settings: ConnectionSettings, rules: list[Rule]) -> Iterator[Check]:
    from theia_sf.snowflake.connect import session  # noqa: PLC0415 (takes a second to import)
    from theia_sf.snowflake.query import fetch_all  # noqa: PLC0415 (as above)

    with session(settings, query_tag="theia-sf proxy check") as connection:
        ((user,),) = fetch_all(connection, "SELECT CURRENT_USER()")
        yield Check(title, Verdict.OK, f"signed in as {user} at {settings.endpoint}")
        for rule in rules:
            yield from _names(connection, title, rule)


def _names(connection: SnowflakeConnection, title: str, rule: Rule) -> Iterator[Check]:
    """Use everything that a rule names in full, one after the other."""
    from theia_sf.snowflake.query import execute  # noqa: PLC0415 (as above)

    for setting, kind in _OBJECTS.items():
        for pattern in rule.patterns(setting):
            if not all(pattern.exact):
                continue
            name = exact(*pattern.parts)
            try:
                execute(connection, f"USE {kind} {name}")
            except TheiaError as error:
                message = f"The rule {rule.name} names the {kind.lower()} {name}: {error.message}"
                yield Check(title, Verdict.FAILED, message, "Grant it to the identity, or correct the policy.")
