"""Signing in to Snowflake, running statements, and the names and warehouses they need."""
