"""The statements that this account answers itself, one module per kind of object."""
