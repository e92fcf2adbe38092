"""Detecting what is out of the ordinary in flow records."""
