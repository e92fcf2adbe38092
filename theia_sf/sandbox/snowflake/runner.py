"""Runs one statement: our own statements by their handlers, everything else by fakesnow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.errors import unsupported

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account, Bindings
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.results import Result
    from theia_sf.sandbox.snowflake.sessions import Session


def run(account: Account, session: Session, query: Query, bindings: Bindings, *, describe_only: bool) -> Result:
    """See `Account.execute`."""
    raise unsupported("statement")
