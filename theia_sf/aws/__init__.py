"""What theia-sf asks of AWS itself: the state bucket, the KMS key, the error queue, the caller's identity."""
