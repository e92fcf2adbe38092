"""The routes of Snowflake's client protocol."""
