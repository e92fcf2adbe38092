"""What AWS Lambda runs on a schedule."""
