-- Between the Nodes of Pods, within one of them included.
SELECT
  ended,
  source_node AS source,
  destination_node AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE source_node IS NOT NULL
  AND destination_node IS NOT NULL
