"""The sandbox's AWS: moto on loopback, with three accounts and the conditions of bucket policies."""
