"""What was done, in lines that nobody can take out unnoticed."""
