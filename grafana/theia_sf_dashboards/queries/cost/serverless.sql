-- The credits of Snowpipe and of serverless tasks by UTC day; latency up to three hours. Snowflake names a pipe here without
-- its database, and the credits of a task are text.
WITH metered AS (
  SELECT
    'Snowpipe: ' || pipe_name AS series,
    CONVERT_TIMEZONE('UTC', start_time) AS started,
    credits_used::FLOAT AS credits
  FROM SNOWFLAKE.ACCOUNT_USAGE.PIPE_USAGE_HISTORY
  WHERE $__timeTzFilter(start_time)
    AND (pipe_name = 'FLOWPIPE' OR ENDSWITH(pipe_name, '.FLOWPIPE'))
  UNION ALL
  SELECT
    'Task: ' || task_name AS series,
    CONVERT_TIMEZONE('UTC', start_time) AS started,
    credits_used::FLOAT AS credits
  FROM SNOWFLAKE.ACCOUNT_USAGE.SERVERLESS_TASK_HISTORY
  WHERE $__timeTzFilter(start_time)
    AND database_name = CURRENT_DATABASE()
), point AS (
  SELECT
    $__timeGroup(started, '1d') AS slot,
    series,
    SUM(credits) AS amount
  FROM metered
  GROUP BY slot, series
), {amounts}
