"""The schema of the database, as a list of statements that only ever grows.

Every statement can run twice without harm. A statement that has been released is never edited or taken away: its text
is ignored once it has run, so an edit would reach new stacks only. A change is a new file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_snowflake as snowflake

FOLDER = Path(__file__).parent / "migrations"

# What `destroy` runs instead of undoing a migration, whose objects go with the database. It must be some statement:
# an Execute resource with an empty one can be created but never destroyed. This one needs no warehouse.
NO_OPERATION = "SELECT 1"


@dataclass(frozen=True)
class Migration:
    """One statement.

    Attributes:
        name: of the Pulumi resource: the file's name, and the statement's place in it (from 1).
        template: the SQL, with `{database}` and `{schema}` to fill in.
    """

    name: str
    template: str

    def sql(self, database: str, schema: str) -> str:
        """The statement for one database."""
        return self.template.replace("{database}", database).replace("{schema}", schema)


def load(folder: Path = FOLDER) -> list[Migration]:
    """The statements of the `.sql` files in `folder`, in the order of their names; `;` at a line's end ends one."""
    found: list[Migration] = []
    for file in sorted(folder.glob("*.sql")):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
        texts = [text.strip() for text in "\n".join([*lines, ""]).split(";\n")]
        statements = [text for text in texts if text]
        found += [Migration(f"{file.stem}-{place}", text) for place, text in enumerate(statements, start=1)]
    return found


def apply(
    migrations: Sequence[Migration], schema: snowflake.Schema, opts: pulumi.ResourceOptions
) -> list[snowflake.Execute]:
    """Run each migration once, in order, in the schema of a stack; returns them all."""
    done: list[snowflake.Execute] = []
    for migration in migrations:
        sql = pulumi.Output.all(schema.database, schema.name).apply(
            lambda names, migration=migration: migration.sql(names[0], names[1])
        )
        own = pulumi.ResourceOptions(depends_on=done[-1:], ignore_changes=["execute", "revert"])
        done.append(
            snowflake.Execute(
                f"migration-{migration.name}",
                execute=sql,
                revert=NO_OPERATION,
                opts=pulumi.ResourceOptions.merge(opts, own),
            )
        )
    return done
