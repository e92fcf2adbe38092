"""What a user may do: the policy, and what a statement is."""
