"""What is recorded, where, how surely, and what of it is hidden."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from theia_sf.proxy.config.base import FilePath, Seconds, Section
from theia_sf.proxy.config.upstreams import Identity

INSTANCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
"""Names of instances: they stand in names of files."""


def _expression(pattern: str) -> str:
    try:
        found = re.compile(pattern)
    except re.error as error:
        message = f"it is no regular expression: {error.msg}"
        raise ValueError(message) from None
    if found.match(""):
        message = "it also fits where there is nothing, so it would mask everything"
        raise ValueError(message)
    return pattern


_PART: Final = r'(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)'
TABLE_PART: Final = re.compile(_PART)
"""One name in the name of a table: plain, or in double quotes."""


FIELDS: Final = (
    "asyncExec", "bindStage", "bindings", "by", "children", "clientApp", "code", "credential", "database",
    "describeOnly", "durationMs", "groups", "identity", "kinds", "loginName", "message", "method", "outcome",
    "parameters", "queryId", "requestId", "role", "rows", "rule", "schema", "snowflakeSessionId", "sqlText",
    "upstreamUser", "warehouse",
)  # fmt: skip
"""What events tell besides user, account, session, address and time."""


def _field(name: str) -> str:
    if name not in FIELDS:  # misspelled, it would hide nothing, and nobody would notice
        message = f"{name[:40]!r} is none of the fields of a record: {', '.join(FIELDS)}"
        raise ValueError(message)
    return name


class Redaction(Section):
    """What never gets into a record. Credentials in statements, JWTs, private keys and ids of sessions never do.

    Attributes:
        mode: `none` records statements with their values; `bindings` masks bound values; `literals` also the literals
            and comments in the text; `full` the text as a whole.
        fields: names of fields that are masked, of FIELDS: `parameters`, `message`, ….
        patterns: regular expressions; what fits is masked in every text.
        text_bytes: longer texts and values are cut; how long they were, and their SHA-256, is recorded.
    """

    mode: Literal["none", "bindings", "literals", "full"] = "none"
    fields: tuple[Annotated[str, AfterValidator(_field)], ...] = ()
    patterns: tuple[Annotated[str, AfterValidator(_expression)], ...] = ()
    text_bytes: Annotated[int, Field(ge=256, le=16 * 1024 * 1024)] = 256 * 1024


class AuditTable(Section):
    """A table in Snowflake that gets a copy of the records, in the background.

    Attributes:
        identity: who signs in; as those of `upstreams`.
        table: `DATABASE.SCHEMA.TABLE`; made if it does not exist.
        interval: seconds between two batches.
    """

    identity: Identity
    table: Annotated[str, Field(pattern=rf"^{_PART}\.{_PART}\.{_PART}$")]
    interval: Seconds = 15


class AuditConfig(Section):
    """The audit.

    Attributes:
        path: folder of the files.
        mode: `strict` hands out no result before its event is on disk, and refuses what cannot be recorded; `buffered`
            writes in the background.
        instance: name of this instance of the proxy, in the names of its files; by default the host's.
        key_file: key that the records are chained by, a file as `store.key_file`; without it, whoever can write the
            files can also make a chain that looks right.
        old_key_files: former keys, by which older records are verified.
        file_bytes: a new file begins when one is as large; one begins each day (UTC) too.
        flush_interval: seconds that a record waits at most, under `buffered`.
        queue_records: records that may wait; then whoever has another one waits as well.
        redaction: what is hidden.
        snowflake: a table that gets a copy.
    """

    path: FilePath
    mode: Literal["strict", "buffered"] = "strict"
    instance: Annotated[str | None, Field(pattern=f"^{INSTANCE.pattern}$")] = None
    key_file: FilePath | None = None
    old_key_files: tuple[FilePath, ...] = ()
    file_bytes: Annotated[int, Field(ge=64 * 1024)] = 64 * 1024 * 1024
    flush_interval: Seconds = 1
    queue_records: Annotated[int, Field(gt=0)] = 10_000
    redaction: Redaction = Redaction()
    snowflake: AuditTable | None = None
