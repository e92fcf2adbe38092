-- From Pod to Pod, Services resolved.
SELECT
  ended,
  source_pod AS source,
  destination_pod AS destination,
  source_namespace,
  destination_namespace,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE source_pod IS NOT NULL
  AND destination_pod IS NOT NULL
