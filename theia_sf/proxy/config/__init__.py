"""The configuration file: its model, and reading it."""
