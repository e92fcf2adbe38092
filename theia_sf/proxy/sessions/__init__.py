"""The sessions of clients, and where they are kept."""
