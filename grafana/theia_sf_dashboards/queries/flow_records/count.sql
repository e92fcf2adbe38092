-- Flow records in the time range.
WITH flow AS (
  {flows}
)
SELECT COUNT(*) AS "Flow records"
FROM flow
WHERE {policy_filter}
LIMIT 1
