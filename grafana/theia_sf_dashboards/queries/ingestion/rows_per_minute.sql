-- Rows by the time at which they were loaded, for each minute; the average where an interval is longer.
WITH loaded AS (
  SELECT CONVERT_TIMEZONE('UTC', loadedAt) AS loaded_at, rejectedRecord AS rejected
  FROM FLOWS
  WHERE $__timeTzFilter(loadedAt)
    AND (rejectedRecord IS NOT NULL OR {cluster_filter})
)
SELECT
  $__timeGroup(loaded_at, $__interval) AS "time",
  COUNT_IF(rejected IS NULL) / ($__interval_ms / 60000) AS "Flow records",
  COUNT_IF(rejected IS NOT NULL) / ($__interval_ms / 60000) AS "Rejected lines"
FROM loaded
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
