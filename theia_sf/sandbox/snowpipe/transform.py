"""Compiles the SELECT of a COPY into SQL for DuckDB.

A COPY has no sub-query and no aliases, so its columns repeat what they share: the flow pipe's matches each line
against the same pattern in every column. Here each distinct expression is computed once: the ones that several others
need become columns of inner queries, layer upon layer. `SPLIT_PART` becomes an element of the split text, which is
then shared as well.
"""

# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# sqlglot's trees are untyped.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from theia_sf.sandbox.snowflake.errors import SnowflakeError, unsupported

METADATA = ("METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$START_SCAN_TIME")
"""The columns of the source besides the fields `c1`, `c2`, …."""

_PARTS_OF_AN_EXPRESSION = (exp.DataType, exp.DataTypeParam, exp.Literal, exp.Null, exp.Boolean, exp.Var, exp.If)


@dataclass(eq=False)
class _Node:
    """A distinct expression: `template` takes the SQL of the children.

    `empty_as_null` is a cheaper form that answers NULL where `template` answers '', for users that treat both alike.
    """

    template: Callable[..., str]
    children: tuple[_Node, ...] = ()
    empty_as_null: Callable[..., str] | None = None
    takes_null_for_empty: bool = False
    users: set[int] = field(default_factory=set[int])
    name: str | None = None
    layer: int = 0

    def sql(self) -> str:
        return self.name if self.name is not None else self.text()

    def text(self) -> str:
        tolerant = self.takes_null_for_empty
        return self.template(*(child.nullable_sql() if tolerant else child.sql() for child in self.children))

    def nullable_sql(self) -> str:
        if self.name is not None or self.empty_as_null is None:
            return self.sql()
        return self.empty_as_null(*(child.sql() for child in self.children))


class Transform:
    """The compiled SELECT.

    Attributes:
        field_count: how many fields of a line it uses.
    """

    def __init__(self, select: exp.Select) -> None:
        self._nodes: dict[str, _Node] = {}
        self._layers: list[list[_Node]] = []
        self.field_count = 1
        roots = [self._compile(column.unalias()) for column in select.expressions]
        for number, root in enumerate(roots):
            root.users.add(-1 - number)
        for node in list(self._nodes.values()):
            for child in node.children:
                child.users.add(id(node))
        self._hoist()
        self._outputs = [root.sql() for root in roots]

    def sql(self, source: str) -> str:
        """A query of one column for each of the SELECT's, over a relation with `c1`… and `METADATA`."""
        inner = source
        for layer in self._layers:
            columns = ", ".join(f"{node.text()} AS {node.name}" for node in layer)
            inner = f"(SELECT *, {columns} FROM {inner})"  # noqa: S608 - made of a syntax tree
        return f"SELECT {', '.join(self._outputs)} FROM {inner}"  # noqa: S608 - as above

    def _hoist(self) -> None:
        """Names what is used more than once, each in the layer above everything it needs."""
        for node in self._nodes.values():  # in order of completion: children come first
            below = [self._needed_layer(child) for child in node.children]
            node.layer = max(below, default=0)
            if node.children and len(node.users) > 1:
                if node.layer == len(self._layers):
                    self._layers.append([])
                self._layers[node.layer].append(node)
        named = [node for layer in self._layers for node in layer]
        for number, node in enumerate(named):
            node.name = f"h{number}"

    @staticmethod
    def _needed_layer(child: _Node) -> int:
        return child.layer + (1 if child.children and len(child.users) > 1 else 0)

    def _node(self, key: str, template: Callable[..., str], *children: _Node) -> _Node:
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = _Node(template, children)
        return known

    def _compile(self, node: exp.Expr) -> _Node:
        key = node.sql(dialect="snowflake")
        known = self._nodes.get(key)
        if known is not None:
            return known
        column = self._column(node)
        if column is not None:
            return self._node(key, lambda: column)
        if isinstance(node, exp.SplitPart):
            return self._split_part(key, node)
        rule = _RULES.get(type(node)) or (_ANONYMOUS.get(node.name.upper()) if type(node) is exp.Anonymous else None)
        if rule is not None:
            template, arguments = rule(node)
            compiled = self._node(key, template, *(self._compile(argument) for argument in arguments))
        else:
            compiled = self._generic(key, node)
        compiled.takes_null_for_empty = _takes_null_for_empty(node)
        return compiled

    def _column(self, node: exp.Expr) -> str | None:
        """`$1`, `t.$1` and the metadata columns."""
        inner = node.this if isinstance(node, exp.Column) else node
        if isinstance(inner, exp.Parameter):
            number = int(inner.name)
            self.field_count = max(self.field_count, number)
            return f"c{number}"
        if isinstance(node, exp.Column):
            name = node.name.upper()
            if name in METADATA:
                return f'"{name}"'
            raise SnowflakeError(
                904, "42000", f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'"
            )
        return None

    def _split_part(self, key: str, node: exp.SplitPart) -> _Node:
        """Part n of the text; '' beyond its ends, part 1 for 0, counted from the end if negative."""
        text, delimiter = self._compile(node.this), self._compile(node.args["delimiter"])
        split = self._node(
            f"SPLIT({node.this.sql(dialect='snowflake')}, {node.args['delimiter'].sql(dialect='snowflake')})",
            lambda t, d: f"string_split({t}, {d})",
            text,
            delimiter,
        )
        index = self._compile(node.args["part_index"])
        if index.children or index.text() == "0":
            index = self._node(f"index {index.text()}", lambda n: f"CASE {n} WHEN 0 THEN 1 ELSE {n} END", index)
        part = self._node(key, lambda s, i: f"CASE WHEN {s} IS NOT NULL THEN coalesce({s}[{i}], '') END", split, index)
        part.empty_as_null = lambda s, i: f"{s}[{i}]"
        return part

    def _generic(self, key: str, node: exp.Expr) -> _Node:
        """Whatever sqlglot translates by itself: literals, operators, casts, CASE and the plainer functions."""
        children: list[exp.Expr] = []

        def placeholder(part: exp.Expr) -> exp.Expr:
            if part is copy or isinstance(part, _PARTS_OF_AN_EXPRESSION):
                return part
            children.append(part.copy())
            return exp.column(f"__{len(children) - 1}__")

        copy = node.copy()
        body = copy.transform(placeholder, copy=False).sql(dialect="duckdb")

        def template(*texts: str) -> str:
            filled = body
            for number, text in enumerate(texts):
                filled = filled.replace(f"__{number}__", f"({text})")
            return filled

        return self._node(key, template, *(self._compile(child) for child in children))


def _takes_null_for_empty(node: exp.Expr) -> bool:
    """Whether '' as an argument has the same result as NULL: `NULLIF(x, '')`, and '' is no number."""
    if isinstance(node, exp.Nullif):
        return isinstance(node.expression, exp.Literal) and node.expression.name == ""
    return isinstance(node, exp.TryCast) and node.to.is_type(*exp.DataType.NUMERIC_TYPES)


def _text(node: exp.Expr) -> str:
    return exp.Literal.string(node.name).sql(dialect="duckdb")


def _regexp_substr(node: Any) -> tuple[Callable[..., str], list[exp.Expr]]:
    if any(node.args.get(option) for option in ("position", "occurrence", "parameters")):
        msg = "REGEXP_SUBSTR with more than two arguments"
        raise unsupported(msg)
    # A match of no characters is NULL here; Snowflake's documentation leaves it open.
    return lambda text, pattern: f"nullif(regexp_extract({text}, {pattern}), '')", [node.this, node.expression]


def _regexp_replace(node: Any) -> tuple[Callable[..., str], list[exp.Expr]]:
    if any(node.args.get(option) for option in ("position", "occurrence", "modifiers")):
        msg = "REGEXP_REPLACE with more than three arguments"
        raise unsupported(msg)
    replacement = node.args.get("replacement") or exp.Literal.string("")
    return (
        lambda text, pattern, by: f"regexp_replace({text}, {pattern}, {by}, 'g')",
        [node.this, node.expression, replacement],
    )


def _trim(node: Any) -> tuple[Callable[..., str], list[exp.Expr]]:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or ""), "trim")
    characters = node.expression or exp.Literal.string(" ")

    def template(text: str, some: str) -> str:
        trimmed = f"{name}({text}, {some})"
        if name == "rtrim" and len(characters.name) == 1:
            # DuckDB's trim walks through the whole text; most texts don't end in the character.
            return f"CASE WHEN ends_with({text}, {some}) THEN {trimmed} ELSE {text} END"
        return trimmed

    return template, [node.this, characters]


def _convert_timezone(node: Any) -> tuple[Callable[..., str], list[exp.Expr]]:
    if node.args.get("source_tz"):
        msg = "CONVERT_TIMEZONE with three arguments"
        raise unsupported(msg)
    return lambda moment: moment, [node.args["timestamp"]]  # a TIMESTAMPTZ of DuckDB bears no zone


_RULES: dict[type[exp.Expr], Callable[[Any], tuple[Callable[..., str], list[exp.Expr]]]] = {
    exp.RegexpExtract: _regexp_substr,
    exp.RegexpReplace: _regexp_replace,
    exp.Trim: _trim,
    exp.ConvertTimezone: _convert_timezone,
    exp.Split: lambda node: (lambda text, by: f"string_split({text}, {by})", [node.this, node.expression]),
    exp.ArraySize: lambda node: (lambda array: f"len({array})", [node.this]),
    exp.Nullif: lambda node: (lambda a, b: f"nullif({a}, {b})", [node.this, node.expression]),
    exp.Coalesce: lambda node: (lambda *values: f"coalesce({', '.join(values)})", [node.this, *node.expressions]),
    exp.Nvl2: lambda node: (
        lambda a, b, c: f"CASE WHEN {a} IS NOT NULL THEN {b} ELSE {c} END",
        [node.this, node.args["true"], node.args["false"]],
    ),
    exp.If: lambda node: (
        lambda condition, yes, no: f"CASE WHEN {condition} THEN {yes} ELSE {no} END",
        [node.this, node.args["true"], node.args.get("false") or exp.Null()],
    ),
    exp.Literal: lambda node: (lambda: _text(node) if node.is_string else node.name, []),
}
_ANONYMOUS: dict[str, Callable[[Any], tuple[Callable[..., str], list[exp.Expr]]]] = {
    "TO_TIMESTAMP_LTZ": lambda node: (lambda seconds: f"to_timestamp({seconds})", [node.expressions[0]]),
    "TO_TIMESTAMP_TZ": lambda node: (lambda seconds: f"to_timestamp({seconds})", [node.expressions[0]]),
}
