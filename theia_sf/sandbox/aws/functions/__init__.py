"""Lambda functions that really run: each invocation is a process of its own, with its role's credentials."""
