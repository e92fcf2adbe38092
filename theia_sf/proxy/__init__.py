"""The Snowflake access proxy: clients of Snowflake that hold neither a credential nor a session token of it."""
