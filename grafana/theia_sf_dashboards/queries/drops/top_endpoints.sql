-- The endpoints with the most denials.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
)
SELECT
  endpoint AS "endpoint",
  COUNT(*) AS "Denied records"
FROM denial
GROUP BY endpoint
ORDER BY "Denied records" DESC, "endpoint"
LIMIT {bar_limit}
