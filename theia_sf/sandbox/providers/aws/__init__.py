"""The `aws` provider: the resource types of the pipeline, by boto3 against the sandbox's AWS."""
