"""The Pulumi program: every cloud resource of a flow pipeline, and nothing else."""
