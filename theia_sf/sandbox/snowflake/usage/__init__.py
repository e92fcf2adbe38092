"""What the views of SNOWFLAKE.ACCOUNT_USAGE hold: one module per kind of fact, and their columns."""
