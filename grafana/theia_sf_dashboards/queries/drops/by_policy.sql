-- What each rule of each policy denied.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
)
SELECT
  policy AS "Policy",
  {policy_type_name} AS "Type",
  policy_rule AS "Rule",
  direction AS "Direction",
  {action_name} AS "Action",
  COUNT(*) AS "Denied records",
  COUNT(DISTINCT endpoint) AS "Endpoints",
  MIN(ended) AS "First seen",
  MAX(ended) AS "Last seen"
FROM denial
GROUP BY policy, policy_type, policy_rule, direction, action
ORDER BY "Denied records" DESC, policy, policy_rule, direction, action
LIMIT {row_limit}
