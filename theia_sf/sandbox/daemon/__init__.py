"""The sandbox's background process: how it is started, found, asked and stopped, and what runs in it.

`control` is the outside (used by the command line), `process` and `services` are the inside.
"""
