"""The local AWS and Snowflake accounts, their Pulumi providers, and what runs in them."""
