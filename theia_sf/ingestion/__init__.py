"""What happens between a flow file in S3 and rows in the table: what failed, loading it again, changing the pipe."""
