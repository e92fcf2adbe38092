"""The ids that clients hold in the place of Snowflake's tokens."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from theia_sf.proxy.config.base import Seconds, Section


class Tokens(Section):
    """How the ids look, and when Snowflake's tokens behind them are renewed.

    Attributes:
        prefix: what an id begins with, so that one sees what it is.
        renew_before: seconds before its end that a session token of Snowflake's is renewed.
    """

    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}:$")] = "Theia:"
    renew_before: Seconds = 120
