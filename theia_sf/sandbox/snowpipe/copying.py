"""COPY statements compiled and run, one file at a time: what pipes and COPY by hand have in common."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.snowflake.catalog import Pipe, now
from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist
from theia_sf.sandbox.snowpipe.access import RoleChecks
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.history import LoadHistory, LoadRecord
from theia_sf.sandbox.snowpipe.loading import Outcome, StagedFile, load_file
from theia_sf.sandbox.snowpipe.staging import StagedObject, StageFiles
from theia_sf.sandbox.snowpipe.statement import CopyStatement, Name, parse_copy

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session


class Copier:
    """Runs COPY statements against the account's tables and stages."""

    def __init__(self, account: Account, aws: AwsEndpoint, checks: RoleChecks) -> None:
        self._account = account
        self._aws = aws
        self._checks = checks
        self.history = LoadHistory()

    def compile(self, sql: str, session: Session) -> CopyStatement:
        """Parses a COPY and resolves its names in a session.

        Raises:
            SnowflakeError: it doesn't parse, or its table or stage doesn't exist.
        """
        statement = parse_copy(sql)
        statement = replace(
            statement, table=_qualified(statement.table, session), stage=_qualified(statement.stage, session)
        )
        if statement.table not in self._account.catalog.relations:
            raise does_not_exist(".".join(statement.table), "Table")
        if statement.stage not in self._account.catalog.stages:
            raise does_not_exist(".".join(statement.stage), "Stage")
        return statement

    def files(self, statement: CopyStatement) -> StageFiles:
        """The stage's files.

        Raises:
            SnowflakeError: the stage or its integration is gone.
        """
        catalog = self._account.catalog
        stage = catalog.stages.get(statement.stage)
        if stage is None:
            raise does_not_exist(".".join(statement.stage), "Stage")
        return StageFiles(self._aws, catalog, self._account.region, stage, self._checks)

    def matches(self, statement: CopyStatement, files: StageFiles, bucket: str, key: str) -> bool:
        """Whether a COPY would read this object: below its stage and path, and by its PATTERN."""
        if not files.covers(bucket, key):
            return False
        relative = key.removeprefix(files.path).lstrip("/")
        pattern = statement.options.get("PATTERN")
        return relative.startswith(statement.stage_path) and (
            pattern is None or re.fullmatch(str(pattern), relative) is not None
        )

    def load(
        self,
        statement: CopyStatement,
        files: StageFiles,
        file: StagedObject,
        pipe: Pipe | None = None,
        received: datetime | None = None,
    ) -> LoadRecord:
        """Loads one file and remembers how it ended.

        Raises:
            SnowflakeError: the stage cannot be read, or the COPY itself is wrong; nothing is remembered then.
        """
        csv = CsvFormat.from_options(statement.file_format or files.stage.file_format)
        table = quoted(*statement.table)
        with closing(files.read(file.key)) as body, closing(self._account.fake.duck_conn.cursor()) as cursor:
            outcome = load_file(cursor, statement, csv, table, StagedFile(file.key, body, now()))
        return self.remember(statement, files, file, outcome, pipe=pipe, received=received)

    def remember(
        self,
        statement: CopyStatement,
        files: StageFiles,
        file: StagedObject,
        outcome: Outcome,
        *,
        pipe: Pipe | None,
        received: datetime | None,
    ) -> LoadRecord:
        """Adds an attempt to the history."""
        record = LoadRecord(
            table=statement.table,
            pipe=(pipe.database, pipe.schema, pipe.name) if pipe is not None else None,
            location=files.stage.url,
            file=file,
            outcome=outcome,
            received=received,
            finished=now(),
        )
        self.history.add(record)
        return record


def _qualified(name: Name, session: Session) -> Name:
    """Completes a name by the session's database and schema.

    Raises:
        SnowflakeError: 090105, none is selected.
    """
    missing = (session.database, session.schema)[: 3 - len(name)]
    if any(part is None for part in missing):
        raise SnowflakeError(
            90105,
            "22000",
            "Cannot perform COPY. This session does not have a current database. Call 'USE DATABASE', or use a "
            "qualified name.",
        )
    return (*(part for part in missing if part is not None), *name)
