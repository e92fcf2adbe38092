-- Who sent: the Pod, or the address of what is none.
COALESCE(source_pod, source_ip)
