"""Snowflake users of programs: their key pairs and the rotation of these, and AWS workload identity."""
