-- How long after its end a flow record was written by the Flow Aggregator, and how long after it was in the table.
WITH record AS (
  SELECT
    CONVERT_TIMEZONE('UTC', flowEndSeconds) AS ended,
    DATEDIFF(SECOND, flowEndSeconds, timeInserted) AS until_written,
    DATEDIFF(SECOND, flowEndSeconds, loadedAt) AS until_loaded
  FROM FLOWS
  WHERE rejectedRecord IS NULL
    AND $__timeTzFilter(flowEndSeconds)
    AND {cluster_filter}
)
SELECT
  $__timeGroup(ended, $__interval) AS "time",
  MEDIAN(until_written) AS "Written (median)",
  PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY until_written) AS "Written (95th percentile)",
  MEDIAN(until_loaded) AS "Loaded (median)",
  PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY until_loaded) AS "Loaded (95th percentile)"
FROM record
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
