"""What a parsed statement names: tables, and the functions that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from theia_sf.proxy.access.cursor import stage_in
from theia_sf.proxy.access.functions import HARMLESS, reaches
from theia_sf.proxy.access.scan import Seen, scan
from theia_sf.proxy.access.statement import Reference, Role, UnreadableError
from theia_sf.proxy.access.tree import UNKNOWN_FORM

_SOURCES: Final = (exp.Table, exp.Query, exp.Lateral, exp.Values, exp.TableFromRows)
"""What rows may come from. Anything else there is something that the parser took for something else."""
_LATERAL: Final = (exp.Query, exp.UDTF, exp.Func)
_WORD: Final = re.compile(r"[A-Z_][A-Z0-9_$]*")


def references(sql: str, tokens: list[Token], tree: exp.Expr, offset: int) -> tuple[Reference, ...]:
    """Return everything that a parsed statement names.

    Args:
        sql: the whole text.
        tokens: those of the statement.
        tree: of the statement.
        offset: where the text that was parsed begins in the whole one.

    Raises:
        UnreadableError: it has something that shows only when it runs, or that is not known.
    """
    walk = _Walk(offset)
    for node in tree.walk():
        walk.visit(node)
    seen = Seen(frozenset(walk.names), frozenset(walk.tables), frozenset(walk.sources))
    return tuple(dict.fromkeys((*walk.found, *scan(sql, tokens, seen))))


class _Walk:
    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._defined: dict[int, dict[str, int]] = {}
        self.found: list[Reference] = []
        self.names: set[int] = set()
        self.tables: set[int] = set()
        self.sources: set[tuple[str, ...]] = set()

    def visit(self, node: exp.Expr) -> None:
        if isinstance(node, exp.Identifier):
            self.names |= self._starts([node])
        elif isinstance(node, exp.Table):
            self._table(node)
        elif isinstance(node, exp.Anonymous):
            self._function(node)
        elif isinstance(node, (exp.TableAlias, exp.Lambda, exp.MatchRecognize)):
            self.sources |= {(name,) for name in _prefixes(node)}
        elif isinstance(node, (exp.From, exp.Join, exp.Merge, exp.Delete)):
            _check_sources(node)
        elif isinstance(node, (exp.Command, exp.SemanticView, exp.Into)) or _takes_a_table_for_a_column(node):
            raise UnreadableError(UNKNOWN_FORM)

    def _starts(self, parts: list[Any]) -> set[int]:
        return {part.meta["start"] + self._offset for part in parts if "start" in part.meta}

    def _function(self, node: exp.Anonymous) -> None:
        qualified = isinstance(node.parent, exp.Dot) or bool(
            isinstance(node.parent, exp.Table) and node.parent.args.get("db")
        )
        name = _stored(node.this) if isinstance(node.this, exp.Identifier) else str(node.this).upper()
        if not qualified and name not in HARMLESS and not reaches(name):  # the others are told by their tokens
            in_table = isinstance(node.parent, (exp.Table, exp.TableFromRows, exp.Lateral))
            self.found.append(Reference(Role.TABLE_FUNCTION if in_table else Role.FUNCTION, (name,)))

    def _table(self, node: exp.Table) -> None:
        this: Any = node.this
        if isinstance(this, exp.Identifier):
            self.tables |= self._starts(node.parts)
            names = _parts(node)
            self.sources |= {names[i:] for i in range(len(names))}
            if not self._is_common(node, names):
                self.found.append(Reference(Role.OBJECT, names))
        elif isinstance(this, exp.Literal) and this.is_string and this.name.startswith("@"):
            self.found.append(stage_in(this.name))
        elif not (
            (isinstance(this, exp.Var) and this.name.startswith("@"))  # these are told by their tokens
            or isinstance(this, (exp.DynamicIdentifier, exp.DirectoryStage, exp.Func))
        ):
            message = "what it reads or writes shows only when it runs, or lies outside Snowflake"
            raise UnreadableError(message)

    def _is_common(self, node: exp.Table, names: tuple[str, ...]) -> bool:
        """Whether a table is one that a WITH around it defines, before the place where it is named."""
        if len(names) != 1:
            return False
        inside: exp.Expr = node
        above = node.parent
        while above is not None:
            named: Any = above if isinstance(above, exp.With) else above.args.get("with_")
            if isinstance(named, exp.With) and named is not inside:
                if id(named) not in self._defined:
                    self._defined[id(named)] = _positions(named)
                defined = self._defined[id(named)].get(names[0])
                if defined is not None and (not isinstance(inside, exp.CTE) or defined < (inside.index or 0)):
                    return True
            inside, above = above, above.parent
        return False


def _positions(named: exp.With) -> dict[str, int]:
    """Where in a WITH the (first) table of a name is defined."""
    found: dict[str, int] = {}
    for position, cte in enumerate(named.expressions):
        found.setdefault(_stored(cte.args["alias"].this), position)
    return found


def _parts(node: exp.Table) -> tuple[str, ...]:
    parts = [node.args.get("catalog"), node.args.get("db"), node.this]
    first = next(i for i, part in enumerate(parts) if part)
    return tuple(_stored(part) for part in parts[first:])


def _stored(part: Any) -> str:
    if part is None or part == "":
        return ""
    if not isinstance(part, exp.Identifier):
        raise UnreadableError(UNKNOWN_FORM)
    return part.name if part.args.get("quoted") else part.name.upper()


def _prefixes(node: exp.Expr) -> Iterator[str]:
    """The names that columns may have in front: an alias, a lambda's parameters, the variables of a pattern."""
    if isinstance(node, exp.MatchRecognize):
        pattern: Any = node.args.get("pattern")
        yield from _WORD.findall(str(pattern.name).upper()) if pattern else ()
    named: list[Any] = node.expressions if isinstance(node, exp.Lambda) else [node.this]
    for name in named:
        if isinstance(name, exp.Identifier):
            yield _stored(name)


def _takes_a_table_for_a_column(node: exp.Expr) -> bool:
    """Tell whether names stand where Snowflake has a query, a function or a list: LATERAL a.b, IN a.b."""
    if isinstance(node, exp.Lateral):
        this: Any = node.this
        return not isinstance(this.expression if isinstance(this, exp.Dot) else this, _LATERAL)
    return isinstance(node, exp.In) and isinstance(node.args.get("field"), exp.Column)


def _check_sources(node: exp.Expr) -> None:
    """Make sure that what rows are read from is something that is looked at."""
    source: Any = node.this if isinstance(node, (exp.From, exp.Join)) else node.args.get("using")
    for one in source if isinstance(source, list) else (source,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(one, exp.Expr) and not isinstance(one, _SOURCES):
            raise UnreadableError(UNKNOWN_FORM)
