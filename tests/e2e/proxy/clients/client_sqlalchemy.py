"""SQLAlchemy with Snowflake's dialect: prints a bound value, a sum and the columns of a table as JSON."""

import json
import os
import sys

from snowflake.sqlalchemy import URL
from sqlalchemy import create_engine, text


def main() -> None:
    """Ask, and dispose of the engine, which signs out."""
    engine = create_engine(
        URL(
            account=os.environ["PROXY_ACCOUNT"],
            user=os.environ["PROXY_USER"],
            password=os.environ["PROXY_TOKEN"],
            host="127.0.0.1",
            port=int(os.environ["PROXY_PORT"]),
        ),
        connect_args={"protocol": "http"},
    )
    with engine.connect() as connection:
        bound = connection.execute(text("SELECT S FROM NUMBERS WHERE N = :n"), {"n": 7}).scalar_one()
        result = connection.execute(text("SELECT N, S FROM NUMBERS"))
        columns = list(result.keys())
        total = sum(row[0] for row in result)
    engine.dispose()
    json.dump({"bound": bound, "sum": int(total), "columns": columns}, sys.stdout)


main()
