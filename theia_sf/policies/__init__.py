"""Recommending network policies for the traffic that flow records show."""
