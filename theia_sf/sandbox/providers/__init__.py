"""The Pulumi providers of the sandbox: aws, snowflake and random, which a Pulumi engine attaches to over gRPC.

Their resources take the inputs and give the outputs of the published providers of the same names, limited to what the
pipeline uses, and really create, read, change and delete objects in the sandbox's two accounts.
"""
