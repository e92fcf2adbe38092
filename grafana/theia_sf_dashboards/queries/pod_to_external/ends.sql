-- From Pods to what is outside of the cluster.
SELECT
  ended,
  source_pod AS source,
  destination_ip AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE flow_type = 3
  AND source_pod IS NOT NULL
