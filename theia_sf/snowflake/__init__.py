"""Signing in to Snowflake, running statements, and the names and warehouses they need."""

from theia_sf.snowflake.provider import provider_environment as provider_environment
