"""SHOW and DESCRIBE: the rows of the account's own objects."""
