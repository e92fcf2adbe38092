"""Grafana's names of the units that panels show."""

from __future__ import annotations

BYTES = "decbytes"
BITS_PER_SECOND = "bps"
COUNT = "short"
PLAIN = "none"
"""A whole number that must not be abbreviated, such as a port."""
SECONDS = "s"
CREDITS = "suffix: credits"
PER_MINUTE = "suffix: /min"
