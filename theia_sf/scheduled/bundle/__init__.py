"""Builds what is deployed: the function's code, a layer for each machine, a template, and how to go on from there."""
