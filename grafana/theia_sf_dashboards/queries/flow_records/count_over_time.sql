-- Flow records by the interval in which they ended.
WITH flow AS (
  {flows}
)
SELECT
  $__timeGroup(ended, $__interval) AS "time",
  COUNT(*) AS "Flow records"
FROM flow
WHERE {policy_filter}
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
