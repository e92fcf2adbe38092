"""Comments inside of CREATE and ALTER TABLE: DuckDB sets them by statements of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp


@dataclass
class Comments:
    """The comments taken out of a statement: of the table or view, and of columns by their name."""

    relation: str | None = None
    columns: dict[str, str] = field(default_factory=dict[str, str])

    def __bool__(self) -> bool:
        return self.relation is not None or bool(self.columns)


def take_comments(tree: exp.Expr) -> Comments:
    """Removes COMMENT clauses from a CREATE TABLE, CREATE VIEW or ALTER TABLE … ADD COLUMN, and returns them."""
    comments = Comments()
    if isinstance(tree, exp.Create) and tree.kind in {"TABLE", "VIEW"}:
        properties: exp.Properties | None = tree.args.get("properties")
        found = properties.find(exp.SchemaCommentProperty) if properties else None
        if properties is not None and found is not None:
            found.pop()
            comments.relation = found.this.name
            if not properties.expressions:
                tree.set("properties", None)
    if not isinstance(tree, exp.Create | exp.Alter):
        return comments
    for column in tree.find_all(exp.ColumnDef):
        for constraint in list(column.args.get("constraints") or []):
            if isinstance(constraint.args.get("kind"), exp.CommentColumnConstraint):
                name = column.this.name if column.this.quoted else column.this.name.upper()
                comments.columns[name] = constraint.args["kind"].this.name
                constraint.pop()
    return comments
