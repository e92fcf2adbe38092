-- Pods, the Services that they use, and the Pods behind these: a flow to a Service makes two hops.
SELECT
  ended,
  {source_end} AS source,
  {destination_end} AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
UNION ALL
SELECT
  ended,
  service AS source,
  destination_pod AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE service IS NOT NULL
  AND destination_pod IS NOT NULL
