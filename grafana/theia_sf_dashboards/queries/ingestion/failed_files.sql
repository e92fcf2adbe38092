-- Files that did not load, or not whole; Snowflake keeps this history for 14 days; the oldest of them is not asked for.
SELECT
  last_load_time AS "Time",
  file_name AS "File",
  status AS "Status",
  first_error_message AS "First error",
  first_error_line_number AS "Line",
  error_count AS "Errors",
  row_count AS "Rows loaded",
  file_size AS "Size",
  pipe_name AS "Pipe"
FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'FLOWS', START_TIME => DATEADD(DAY, -13, CURRENT_TIMESTAMP())))
WHERE status NOT IN ('Loaded', 'Load in progress')
  AND $__timeTzFilter(last_load_time)
ORDER BY last_load_time DESC, file_name
LIMIT {row_limit}
