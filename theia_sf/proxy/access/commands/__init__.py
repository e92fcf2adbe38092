"""The statements that sqlglot's parser keeps as opaque text, each read by a grammar of its own."""
