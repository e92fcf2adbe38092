"""The account: its DuckDB, its catalog, its sessions, and the one method that runs a statement."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

import itertools
import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fakesnow.instance import FakeSnow

from theia_sf.sandbox.snowflake.bootstrap import seed, trust_issuer
from theia_sf.sandbox.snowflake.catalog import Catalog
from theia_sf.sandbox.snowflake.engine import connect
from theia_sf.sandbox.snowflake.issuer import Issuer
from theia_sf.sandbox.snowflake.login_history import LoginHistory
from theia_sf.sandbox.snowflake.queries import Query, QueryRegistry
from theia_sf.sandbox.snowflake.query_log import QueryLog
from theia_sf.sandbox.snowflake.results import Result
from theia_sf.sandbox.snowflake.sessions import Session, SessionStore
from theia_sf.sandbox.snowflake.sign_in.aws_side import AwsSide, SandboxAws
from theia_sf.sandbox.snowflake.sign_in.browser import BrowserSignIns

if TYPE_CHECKING:
    from theia_sf.sandbox.snowpipe.service import Snowpipe

logger = logging.getLogger(__name__)

Bindings = Sequence[Any] | Mapping[str, Any] | None

DEFAULT_URL = "http://127.0.0.1:5567"
KEPT_RESULTS = 64
KEPT_RESULT_BYTES = 256 * 2**20


class _RecentResults(OrderedDict[str, Any]):
    """fakesnow remembers each result for RESULT_SCAN for ever; keep the last ones, and not too much of them."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > 1 and (len(self) > KEPT_RESULTS or self._size() > KEPT_RESULT_BYTES):
            self.popitem(last=False)

    def _size(self) -> int:
        tables = {id(value[0]): value[0] for value in self.values() if value[0] is not None}
        return sum(table.nbytes for table in tables.values())


class Account:
    """A Snowflake account in this process.

    Args:
        admin_user, admin_password: the user that exists from the start, with the role ACCOUNTADMIN.
        region: the AWS region the account pretends to be in.
        snowflake_aws_account_id: the AWS account of Snowflake's own IAM users, which storage and notification
            integrations name in `iam_user_arn`.
    """

    account_name = "SANDBOX"
    organization_name = "THEIA"
    locator = "LOCAL01"

    def __init__(
        self,
        *,
        admin_user: str = "THEIA",
        admin_password: str | None = None,
        region: str = "us-west-2",
        snowflake_aws_account_id: str = "906540417226",
    ) -> None:
        self.region = region
        self.admin_user = admin_user.upper()
        self.snowflake_aws_account_id = snowflake_aws_account_id
        self.fake = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)
        self.fake.results_cache = _RecentResults()
        self.catalog = Catalog()
        self.sessions = SessionStore()
        self.queries = QueryRegistry()
        self.query_log = QueryLog()
        self.logins = LoginHistory()
        self.snowpipe: Snowpipe | None = None
        self._session_ids = itertools.count(10_001)
        self._workers: list[threading.Thread] = []
        self._opened: weakref.WeakSet[Session] = weakref.WeakSet()
        self.browser = BrowserSignIns()
        self.aws: AwsSide = SandboxAws()
        seed(self.catalog, self.admin_user, admin_password)
        self.serve_at(DEFAULT_URL)

    def serve_at(self, base_url: str) -> None:
        """Says where the account's server listens, `http://127.0.0.1:PORT`: its token issuer lies below that."""
        self.base_url = base_url
        self.issuer = Issuer(base_url, self.url)
        trust_issuer(self.catalog, self.issuer)

    @property
    def url(self) -> str:
        """The address that the account would have at Snowflake; tokens are for it."""
        return f"https://{self.organization_name}-{self.account_name}.snowflakecomputing.com".lower()

    def open_session(
        self,
        user: str,
        *,
        role: str | None = None,
        warehouse: str | None = None,
        database: str | None = None,
        schema: str | None = None,
    ) -> Session:
        """A session of a user, not registered for the wire. Names that don't exist are left unselected."""
        record = self.catalog.users[user]
        session = Session(
            id=next(self._session_ids),
            user=user,
            conn=connect(self.fake),
            role=role or record.default_role or "PUBLIC",
            secondary_roles="ALL" in record.default_secondary_roles,
            warehouse=warehouse if warehouse in self.catalog.warehouses else None,
        )
        self._opened.add(session)
        self._select_start(session, database, schema)
        return session

    def system_session(self) -> Session:
        """A session of the account itself, as ACCOUNTADMIN: for Snowpipe, tasks and the providers."""
        session = Session(id=next(self._session_ids), user="SYSTEM", conn=connect(self.fake), role="ACCOUNTADMIN")
        self._opened.add(session)
        return session

    def open_sessions(self) -> list[Session]:
        """Every session that is still open, on the wire or inside."""
        return [session for session in list(self._opened) if not session.closed]

    def execute(
        self,
        sql: str,
        session: Session,
        *,
        bindings: Bindings = None,
        query: Query | None = None,
        describe_only: bool = False,
    ) -> Result:
        """Runs one statement to its end.

        Args:
            sql: one Snowflake statement.
            session: whose role, warehouse and schema apply; use `system_session()` for the account's own work.
            bindings: values for `?` (sequence) or `:name` (mapping).
            query: the registered request, through which it can be cancelled; made here if None.
            describe_only: answer the columns without running it, where that is possible.

        Raises:
            SnowflakeError: whatever Snowflake would refuse; never anything else.
        """
        from theia_sf.sandbox.snowflake.runner import run  # noqa: PLC0415 - the statements need this module

        return run(self, session, query or Query(sql=sql, session=session), bindings, describe_only=describe_only)

    def start_worker(self, worker: threading.Thread) -> None:
        """Starts a thread of the account's own (a task's run) and remembers it for `close`."""
        self._workers = [w for w in self._workers if w.is_alive()]
        self._workers.append(worker)
        worker.start()

    def close(self) -> None:
        """Stops what runs and frees the database."""
        for session in self.sessions.all():
            session.close()
        for worker in self._workers:
            worker.join(timeout=5)
        self.fake.duck_conn.close()

    def _select_start(self, session: Session, database: str | None, schema: str | None) -> None:
        if database not in self.catalog.databases:
            return
        wanted = schema or "PUBLIC"
        known = (database, wanted) in self.catalog.schemas or wanted == "INFORMATION_SCHEMA"
        session.select(database, wanted if known else None)
