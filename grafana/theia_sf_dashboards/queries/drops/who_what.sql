-- Who was denied what, by whom.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
)
SELECT
  {source_end} AS "Source",
  COALESCE(destination_pod, destination_ip) AS "Destination",
  service AS "Service",
  destination_port AS "Port",
  {protocol_name} AS "Protocol",
  policy AS "Policy",
  direction AS "Direction",
  {action_name} AS "Action",
  COUNT(*) AS "Denied records",
  MIN(ended) AS "First seen",
  MAX(ended) AS "Last seen"
FROM denial
GROUP BY "Source", "Destination", "Service", "Port", "Protocol", "Policy", "Direction", "Action"
ORDER BY "Denied records" DESC, "Source", "Destination", "Port", "Policy", "Direction"
LIMIT {row_limit}
