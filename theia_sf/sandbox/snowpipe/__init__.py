"""Snowpipe: from an object in S3 to rows in a table, by the pipe's own COPY statement."""
