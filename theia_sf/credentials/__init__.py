"""The KMS-encrypted `.env`: Snowflake credentials that stand in a file without standing in it in clear."""
