"""Listening: TLS, limits, health, metrics, and ending well."""
