"""SQLAlchemy with Snowflake's dialect, asked for all that a client does; prints what came back as JSON."""

import json
import os
import sys
import threading
import time

from snowflake.connector.errors import Error
from snowflake.sqlalchemy import URL
from sqlalchemy import create_engine, inspect, text


def main() -> None:
    """Sign in, ask, wait until the session has to be renewed, ask again; `dispose` signs out."""
    told: dict[str, object] = {"rows": 0, "sum": 0}
    engine = create_engine(
        URL(
            account=os.environ["PROXY_ACCOUNT"],
            user=os.environ["PROXY_USER"],
            password=os.environ["PROXY_TOKEN"],
            host="127.0.0.1",
            port=int(os.environ["PROXY_PORT"]),
            database="D",
            schema="PUBLIC",
        ),
        connect_args={"protocol": "http"},
    )
    told["tables"] = "numbers" in inspect(engine).get_table_names()
    with engine.connect() as connection:
        told["bound"] = connection.execute(text("SELECT S FROM NUMBERS WHERE N = :n"), {"n": 7}).scalar_one()
        result = connection.execution_options(stream_results=True).execute(text("SELECT N, S FROM NUMBERS"))
        told["columns"] = list(result.keys())
        for rows in result.partitions(10_000):
            told["rows"] += len(rows)
            told["sum"] += sum(int(row[0]) for row in rows)
        # asynchronous queries and cancelling are the driver's: SQLAlchemy hands out its cursor
        cursor = connection.connection.cursor()
        cursor.execute_async("SELECT 41 + 1")
        cursor.get_results_from_sfqid(cursor.sfqid)
        told["async"] = cursor.fetchone()[0]
        told["cancelled"] = cancelled(connection.connection.driver_connection)
        time.sleep(float(os.environ["PROXY_WAIT"]))
        told["renewed"] = connection.execute(text("SELECT 43")).scalar_one()
    engine.dispose()
    json.dump(told, sys.stdout)


def cancelled(raw: object) -> str:
    """Run what never ends, and cancel it by its ID from another thread; return what the driver makes of it."""
    cursor = raw.cursor()
    cursor.execute_async(os.environ["PROXY_ENDLESS"])
    threading.Timer(0.5, lambda: raw.cursor().abort_query(cursor.sfqid)).start()
    try:
        cursor.get_results_from_sfqid(cursor.sfqid)
        cursor.fetchone()
    except Error as error:
        return str(error.errno)
    return "not at all"


main()
