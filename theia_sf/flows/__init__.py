"""Flow records: their layouts, where they are read from, and the filters that users put on them."""
