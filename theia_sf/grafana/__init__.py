"""Grafana for a stack: its provisioning, and where to run it."""
