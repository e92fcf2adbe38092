"""Events as they may be recorded: what the configuration hides is hidden, and credentials always are."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from theia_sf.proxy.audit.events import Event
from theia_sf.proxy.audit.statements import is_sensitive, mask_statement
from theia_sf.proxy.config.audit import Redaction
from theia_sf.secret import MASK, redact

STATEMENT: Final = "sqlText"
BINDINGS: Final = "bindings"
MESSAGE: Final = "message"
_DEEPEST: Final = 16  # arrays and objects in one another; what Snowflake's drivers send has 4
_KEPT_OF_BINDINGS: Final = {"type", "fmt"}
_QUOTED: Final = re.compile(r"'.*'", re.DOTALL)  # to the last one: what is quoted may have a quote within
_SYNTAX_ERROR: Final = "001003"
# In any text: a private key, a JWT, a token of the proxy's or of Snowflake's, the signature of a presigned URL,
# user and password in one.
_CREDENTIALS: Final = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\btheia_[a-z0-9]{12}_[\w-]{43}"
    r"|\bver:\d+-hint:\d+-[\w+/=.-]{16,}"
    r"|(?<=://)[^/\s:@'\"]*:[^/\s@'\"]+(?=@)"
    r"|(?<=[?&])(?i:sig(?:nature)?|x-amz-(?:signature|security-token|credential)|x-goog-signature)=[^&'\"\s]+"
)
_HINTS: Final = r"PRIVATE KEY|eyJ|theia_|ver:|://|[?&][sSxX]"  # one is in each of them, and found sooner
_SHORTEST: Final = 8  # characters of the shortest of them
_IDS: Final = r"[\w-]{32,}"  # after their prefix
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Redactor:
    """Makes records of events.

    Args:
        rules: the configuration's.
        prefix: what the ids begin with that clients hold in the place of Snowflake's tokens.
    """

    def __init__(self, rules: Redaction, prefix: str = "Theia:") -> None:
        self._mode = rules.mode
        self._fields = frozenset(rules.fields)
        self._longest = rules.text_bytes
        self._always = re.compile(f"{_CREDENTIALS}|{re.escape(prefix)}{_IDS}")
        self._may_hold = re.compile(f"{_HINTS}|{re.escape(prefix)}").search
        self._patterns = [re.compile(pattern) for pattern in rules.patterns]

    def record(self, event: Event) -> dict[str, Any]:
        """Return an event as JSON values that hold no secret, without its time."""
        fields = dict(event.fields)
        bound, quoting = self._mode != "none", self._mode in {"literals", "full"}
        if isinstance(fields.get(STATEMENT), str):
            text, secret_bound = self._statement(fields[STATEMENT])
            quoting = quoting or text != fields[STATEMENT]
            fields[STATEMENT] = text
            bound = bound or secret_bound
        elif fields.get("code") == _SYNTAX_ERROR:  # of a statement that ran on: its text is in another record
            quoting = True
        if fields.get(BINDINGS) is not None and bound:
            fields[BINDINGS] = _masked_values(fields[BINDINGS], 0)
        if isinstance(fields.get(MESSAGE), str) and quoting:
            fields[MESSAGE] = _QUOTED.sub("'?'", fields[MESSAGE])  # Snowflake quotes what it does not understand
        kept: dict[str, Any] = {}
        for name, value in fields.items():
            hidden = name in self._fields and value is not None
            self._put(kept, name, MASK if hidden else self._clean(value, 0))
        return {
            "event": event.kind.value,
            "user": self._text(event.user),
            "account": self._text(event.account),
            "session": self._text(event.session),
            "peer": self._text(event.peer),
            "fields": kept,
        }

    def _statement(self, sql: str) -> tuple[str, bool]:
        if self._mode == "full":
            return MASK, True
        masked = mask_statement(sql, literals=self._mode == "literals")
        return masked.text, masked.bound

    def _text(self, text: str | None) -> str | None:
        if not text:
            return text
        text = redact(text)
        if len(text) >= _SHORTEST and self._may_hold(text):
            text = self._always.sub(MASK, text)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text

    def _clean(self, value: Any, depth: int) -> Any:
        """Return a value as JSON can tell it, its texts masked."""
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            items = cast("Mapping[Any, Any]", value).items()
            return {str(self._text(str(key))): self._item(str(key), item, depth + 1) for key, item in items}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(item, depth + 1) for item in cast("list[Any]", value)]
        return self._text(str(value))

    def _item(self, key: str, value: Any, depth: int) -> Any:
        holds = isinstance(value, str | Mapping | list | tuple) and bool(cast("Any", value))
        return MASK if holds and is_sensitive(key) else self._clean(value, depth)

    def _put(self, fields: dict[str, Any], name: str, value: Any) -> None:
        """Add a field; if it is too long, its beginning, how long it is, and the SHA-256 of the whole."""
        fields[name] = value
        if value is None or isinstance(value, bool | int | float):
            return
        text = value if isinstance(value, str) else _encode(value)
        if len(text) <= self._longest // 4:  # a character has 4 bytes at most
            return
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > self._longest:
            fields[name] = data[: self._longest].decode("utf-8", "ignore")
            fields[f"{name}Bytes"] = len(data)
            fields[f"{name}Sha256"] = hashlib.sha256(data).hexdigest()


def _masked_values(bindings: Any, depth: int) -> Any:
    """Return bindings with their types, but not their values."""
    if isinstance(bindings, Mapping) and depth < _DEEPEST:
        items = cast("Mapping[Any, Any]", bindings).items()
        return {
            str(key): item if key in _KEPT_OF_BINDINGS and isinstance(item, str) else _masked_values(item, depth + 1)
            for key, item in items
        }
    if isinstance(bindings, list | tuple) and depth < _DEEPEST:
        return [_masked_values(item, depth + 1) for item in cast("list[Any]", bindings)]
    return None if bindings is None else MASK
