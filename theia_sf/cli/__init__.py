"""The command line: parses, calls one function, renders. One module per command."""
