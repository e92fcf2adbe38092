-- The bytes that each table of the database is billed for now; latency up to 90 minutes.
SELECT
  table_schema AS "Schema",
  table_name AS "Table",
  active_bytes AS "Active",
  time_travel_bytes AS "Time Travel",
  failsafe_bytes AS "Fail-safe",
  active_bytes + time_travel_bytes + failsafe_bytes + retained_for_clone_bytes AS "Total",
  IFF(deleted, 'dropped', NULL) AS "State"
FROM SNOWFLAKE.ACCOUNT_USAGE.TABLE_STORAGE_METRICS
WHERE table_catalog = CURRENT_DATABASE()
ORDER BY "Total" DESC, table_schema, table_name
LIMIT {row_limit}
