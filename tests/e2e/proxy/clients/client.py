"""The Python connector, of any release, asked for all that a client does; prints what came back as JSON."""

import json
import os
import sys
import time

import snowflake.connector


def main() -> None:
    """Sign in, ask, wait until the session has to be renewed, ask again, sign out."""
    told: dict[str, object] = {}
    connection = snowflake.connector.connect(
        account=os.environ["PROXY_ACCOUNT"],
        user=os.environ["PROXY_USER"],
        password=os.environ["PROXY_TOKEN"],
        host="127.0.0.1",
        port=int(os.environ["PROXY_PORT"]),
        protocol="http",
        paramstyle="qmark",
    )
    cursor = connection.cursor()
    told["bound"] = cursor.execute("SELECT S FROM NUMBERS WHERE N = ?", (7,)).fetchone()[0]
    told["rows"] = told["sum"] = 0
    cursor.execute("SELECT N, S FROM NUMBERS")
    while rows := cursor.fetchmany(10_000):
        told["rows"] += len(rows)
        told["sum"] += sum(row[0] for row in rows)
    cursor.execute_async("SELECT 41 + 1")
    cursor.get_results_from_sfqid(cursor.sfqid)
    told["async"] = cursor.fetchone()[0]
    told["cancelled"] = "not at all"
    cursor = connection.cursor()
    cursor.execute_async(os.environ["PROXY_ENDLESS"])
    time.sleep(0.5)
    cursor.abort_query(cursor.sfqid)
    try:
        cursor.get_results_from_sfqid(cursor.sfqid)
        cursor.fetchone()
    except snowflake.connector.errors.Error as error:
        told["cancelled"] = str(error.errno)
    time.sleep(float(os.environ["PROXY_WAIT"]))
    told["renewed"] = connection.cursor().execute("SELECT 43").fetchone()[0]
    connection.close()
    json.dump(told, sys.stdout)


main()
