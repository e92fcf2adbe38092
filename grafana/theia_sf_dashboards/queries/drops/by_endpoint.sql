-- What was denied to each endpoint.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
)
SELECT
  endpoint AS "Endpoint",
  direction AS "Direction",
  cluster AS "Cluster",
  COUNT_IF(action = 2) AS "Dropped",
  COUNT_IF(action = 3) AS "Rejected",
  COUNT(DISTINCT policy) AS "Policies",
  MIN(ended) AS "First seen",
  MAX(ended) AS "Last seen"
FROM denial
GROUP BY endpoint, direction, cluster
ORDER BY COUNT(*) DESC, endpoint, direction, cluster
LIMIT {row_limit}
