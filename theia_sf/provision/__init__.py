"""The pipeline's life in the clouds: the Pulumi engine, driven by its Automation API, with its state in S3.

Nothing here prints. `operations` has the four verbs (onboard, offboard, plan, read_outputs); the other modules each
know one thing about a stack. Pulumi itself is imported only where an operation starts.
"""
