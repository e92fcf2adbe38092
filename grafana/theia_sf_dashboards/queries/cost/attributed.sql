-- The credits of the warehouse's time that each query took; latency up to eight hours.
SELECT
  query_id,
  query_tag,
  {dashboard_uid} AS dashboard_uid,
  CONVERT_TIMEZONE('UTC', start_time) AS started,
  user_name,
  warehouse_name,
  credits_attributed_compute + COALESCE(credits_used_query_acceleration, 0) AS amount
FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY
WHERE $__timeTzFilter(start_time)
