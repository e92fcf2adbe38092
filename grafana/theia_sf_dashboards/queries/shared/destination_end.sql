-- Who was meant: the Service, the Pod, or the address of what is neither.
COALESCE(service, destination_pod, destination_ip)
