-- The credits of each warehouse by UTC day, idle time included; latency up to three hours.
WITH metered AS (
  SELECT warehouse_name, CONVERT_TIMEZONE('UTC', start_time) AS started, credits_used
  FROM SNOWFLAKE.ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY
  WHERE $__timeTzFilter(start_time)
), point AS (
  SELECT
    $__timeGroup(started, '1d') AS slot,
    warehouse_name AS series,
    SUM(credits_used) AS amount
  FROM metered
  GROUP BY slot, series
), {amounts}
