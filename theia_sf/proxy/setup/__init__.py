"""What comes before the proxy runs: making its folder, and checking what is in it."""
