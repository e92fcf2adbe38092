-- How many different NetworkPolicies decided, told apart by cluster.
WITH flow AS (
  {flows}
), seen AS (
  SELECT cluster, ingress_policy AS policy
  FROM flow
  UNION
  SELECT cluster, egress_policy AS policy
  FROM flow
)
SELECT COUNT(*) AS "NetworkPolicies"
FROM seen
WHERE policy <> {isolation}
LIMIT 1
