"""What things cost in credits, and the numbers by which the views name objects."""

from __future__ import annotations

import zlib

# docs.snowflake.com, "Overview of warehouses", warehouse size: credits of a full hour
WAREHOUSE_CREDITS_PER_HOUR = {
    "X-Small": 1,
    "Small": 2,
    "Medium": 4,
    "Large": 8,
    "X-Large": 16,
    "2X-Large": 32,
    "3X-Large": 64,
    "4X-Large": 128,
    "5X-Large": 256,
    "6X-Large": 512,
}
LEAST_BILLED_SECONDS = 60
"""Each start of a warehouse is billed for a minute at least, then by the second (the same page)."""

# Snowflake Service Consumption Table, serverless features
SNOWPIPE_CREDITS_PER_GB = 0.0037
SERVERLESS_TASK_CREDITS_PER_HOUR = 0.9


def number_of(*name: str) -> int:
    """A number for an object that stays the same as long as its name does."""
    return zlib.crc32(".".join(name).encode())
