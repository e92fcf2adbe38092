-- How many records of a time have each of two ends at either end. The braces stand for a SELECT of flow records, and
-- for the conditions on a record.
SELECT
  COUNT(*) AS flows,
  SUM(CASE WHEN {first} THEN 1 ELSE 0 END) AS with_first,
  SUM(CASE WHEN {second} THEN 1 ELSE 0 END) AS with_second
FROM ({flows}) AS record
WHERE flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ)
  AND flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ)
  AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
