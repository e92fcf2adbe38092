-- The bytes of the database by day; latency up to three hours.
SELECT
  usage_date::TIMESTAMP_NTZ AS "time",
  SUM(average_database_bytes) AS "Tables and Time Travel",
  SUM(average_failsafe_bytes) AS "Fail-safe"
FROM SNOWFLAKE.ACCOUNT_USAGE.DATABASE_STORAGE_USAGE_HISTORY
WHERE usage_date >= CONVERT_TIMEZONE('UTC', TO_TIMESTAMP_TZ($__from, 3))::DATE
  AND usage_date <= CONVERT_TIMEZONE('UTC', TO_TIMESTAMP_TZ($__to, 3))::DATE
  AND database_name = CURRENT_DATABASE()
GROUP BY "time"
ORDER BY "time"
LIMIT {point_limit}
