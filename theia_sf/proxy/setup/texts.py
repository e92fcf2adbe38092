"""The files that an operator goes on to edit, with what there is to say about each setting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from theia_sf.snowflake.identifiers import exact

GITIGNORE: Final = "*.key\nusers.yaml\nsessions.db*\naudit/\n"
_INDENT: Final = "        "
_PLAIN: Final = re.compile(r"[A-Z_][A-Z0-9_$]*")


@dataclass(frozen=True)
class Wanted:
    """What a new configuration says.

    Attributes:
        host: what to listen on.
        port: for clients.
        health_port: for probes.
        public_url: how clients reach it; None where host and port say it.
        account: what the account is called.
        hosts: host names of Snowflake's that stand for it.
        identity: the section of the identity.
    """

    host: str
    port: int
    health_port: int
    public_url: str | None
    account: str
    hosts: Sequence[str]
    identity: Mapping[str, Any]


@dataclass(frozen=True)
class Reader:
    """What analysts read: names as Snowflake stores them, each None where it is not known."""

    group: str
    database: str
    schema: str | None
    role: str | None
    warehouse: str | None


def configuration(wanted: Wanted) -> str:
    """Return proxy.yaml."""
    identity = "".join(f"{_INDENT}{line}\n" for line in _yaml(wanted.identity).splitlines())
    public = f"public_url: {_scalar(wanted.public_url)}" if wanted.public_url else "# public_url: https://proxy:8443"
    hosts = f"    hosts: {_scalar(list(wanted.hosts))}\n" if wanted.hosts else ""
    return f"""\
# The Snowflake access proxy of theia-sf. Paths are relative to this file's folder.
# Check it with: theia-sf proxy check --config proxy.yaml

listen:
  host: {_scalar(wanted.host)}  # 0.0.0.0 for other machines too
  port: {wanted.port}
  {public}  # how clients reach it, where that is not host and port
  tls:
    certificate: tls/server.pem  # read again when it changes
    key: tls/server.key
    # client_ca: tls/clients.pem  # sign in by client certificates, too
  # connect_port: 8445  # as an HTTP proxy, for clients that know nothing but https_proxy

health:  # plain HTTP, for probes and Prometheus: /health, /ready, /metrics
  host: 127.0.0.1
  port: {wanted.health_port}

upstreams:
  {wanted.account}:  # the account, as clients and the policy call it
{hosts}    identities:
      default:  # whom the proxy signs in as; secrets stand elsewhere, never in this file
{identity}
users: users.yaml  # changed by: theia-sf proxy users add|revoke
policy: policy.yaml  # who may do what

store:  # where sessions are kept, their tokens encrypted
  sqlite: sessions.db  # or, for several instances, redis: rediss://redis.example.com
  key_file: store.key

audit:
  path: audit
  mode: strict  # no result before its record is on disk; buffered writes in the background
  key_file: audit.key  # who has it can change records without being noticed: keep a copy elsewhere
  # redaction:
  #   mode: bindings  # none, bindings, literals or full

# tokens:
#   renew_before: 120  # seconds before its end that Snowflake's session token is renewed
# limits:
#   requests_per_second: 200  # of one user
#   connections: 10000
"""


def policy(reader: Reader) -> str:
    """Return policy.yaml: one group that reads one database."""
    session = "".join(
        f"    {key}: {_scalar(_name(name))}\n"
        for key, name in (
            ("role", reader.role),
            ("warehouse", reader.warehouse),
            ("database", reader.database),
            ("schema", reader.schema),
        )
        if name is not None
    )
    everything = _scalar([f"{_name(reader.database)}.*"])
    return f"""\
# Who may do what through the proxy. The first rule that applies to somebody decides; whom none applies to, may nothing.

rules:
  - name: {_scalar(f"{reader.group} read")}  # stands in refusals, and in the audit
    groups: {_scalar([reader.group])}
    # a session starts with these, whatever the client asks for, and can use no others
{session}    schemas: {everything}  # every schema of the database
    statements: [read]  # select, show, describe, explain
    # row_limit: 1000000  # rows of a result
    # statement_timeout: 600  # seconds
    # hours: {{days: [mon, tue, wed, thu, fri], start: "07:00", end: "19:00", time_zone: Europe/Berlin}}
    # addresses: [10.0.0.0/8]
"""


def _name(name: str) -> str:
    """A name as the policy reads it: in quotes only if it would mean something else without."""
    return name if _PLAIN.fullmatch(name) else exact(name)


def _scalar(value: Any) -> str:
    """A value in YAML, which JSON is a part of."""
    return json.dumps(value, ensure_ascii=False)


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=1000)
