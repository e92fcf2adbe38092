-- Flow records by the minute in which they ended; of a longer interval, the average of its minutes.
WITH flow AS (
  {flows}
)
SELECT
  $__timeGroup(ended, $__interval) AS "time",
  COUNT(*) * 60000 / $__interval_ms AS "Flow records"
FROM flow
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
