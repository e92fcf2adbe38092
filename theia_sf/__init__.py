"""Network flow visibility for Kubernetes clusters that run Antrea, on AWS and Snowflake."""

__version__ = "0.1.0"
