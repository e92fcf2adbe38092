-- Rejected lines by the time at which they were loaded.
WITH rejected AS (
  SELECT CONVERT_TIMEZONE('UTC', loadedAt) AS loaded_at
  FROM REJECTED_FLOWS
  WHERE $__timeTzFilter(loadedAt)
)
SELECT
  $__timeGroup(loaded_at, $__interval) AS "time",
  COUNT(*) AS "Rejected lines"
FROM rejected
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
