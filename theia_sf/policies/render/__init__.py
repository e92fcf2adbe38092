"""Policies as the objects and the text that `kubectl apply` takes."""
