-- What each policy decided on whom.
WITH flow AS (
  {flows}
), decision AS (
  {decisions}
)
SELECT
  direction AS "Direction",
  policy AS "Policy",
  {policy_type_name} AS "Type",
  policy_rule AS "Rule",
  {action_name} AS "Action",
  {source_end} AS "Source",
  {destination_end} AS "Destination",
  destination_port AS "Port",
  {protocol_name} AS "Protocol",
  SUM(octets) AS "Bytes",
  SUM(reverse_octets) AS "Reverse bytes",
  COUNT(*) AS "Flow records",
  MAX(ended) AS "Last seen"
FROM decision
GROUP BY "Direction", "Policy", "Type", "Rule", "Action", "Source", "Destination", "Port", "Protocol"
ORDER BY "Bytes" DESC, "Flow records" DESC, "Policy", "Source", "Destination"
LIMIT {row_limit}
