"""Who may use the proxy, and how they prove who they are."""
