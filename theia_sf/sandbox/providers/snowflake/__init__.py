"""The `snowflake` provider: the resource types of the pipeline, by SQL through the real connector.

The statements are those of the published provider (SHOW … LIKE after each change, DROP … IF EXISTS), so what the
local account answers here is what it must answer there.
"""
