-- Files by the time at which they were loaded, for each minute; the average where an interval is longer.
WITH file AS (
  SELECT sourceFile, CONVERT_TIMEZONE('UTC', MIN(loadedAt)) AS loaded_at
  FROM FLOWS
  WHERE $__timeTzFilter(loadedAt)
    AND (rejectedRecord IS NOT NULL OR {cluster_filter})
  GROUP BY sourceFile
)
SELECT
  $__timeGroup(loaded_at, $__interval) AS "time",
  COUNT(*) / ($__interval_ms / 60000) AS "Files"
FROM file
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
