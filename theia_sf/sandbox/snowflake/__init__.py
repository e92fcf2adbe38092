"""A Snowflake account on loopback: the connector protocol and account-level objects, over fakesnow and DuckDB."""
