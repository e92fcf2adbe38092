"""The report: what is in the database, in one HTML file."""
