-- From outside of the cluster to Pods.
SELECT
  ended,
  source_ip AS source,
  destination_pod AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE {from_external}
