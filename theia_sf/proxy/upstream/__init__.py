"""The accounts behind the proxy: signing in, renewing, asking."""
