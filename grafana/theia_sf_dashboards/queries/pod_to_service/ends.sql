-- From Pods to Services.
SELECT
  ended,
  source_pod AS source,
  service AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE source_pod IS NOT NULL
  AND service IS NOT NULL
