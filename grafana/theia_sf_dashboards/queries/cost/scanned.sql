-- The bytes that each query scanned; latency up to 45 minutes.
SELECT
  query_id,
  query_tag,
  {dashboard_uid} AS dashboard_uid,
  CONVERT_TIMEZONE('UTC', start_time) AS started,
  total_elapsed_time / 1000 AS seconds,
  rows_produced,
  bytes_scanned AS amount
FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY
WHERE $__timeTzFilter(start_time)
