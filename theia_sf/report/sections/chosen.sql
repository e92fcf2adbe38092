-- The chosen flows: those whose record ends within the time range, of one cluster or of all.
-- A record tells what passed since the record before it of the same connection, so it counts when it ends: ranges that
-- follow each other count each record once. start, end and cluster are NULL where there is no such filter.
SELECT *
FROM ({all}) AS every_flow
WHERE flowEndSeconds IS NOT NULL
  AND (%(start)s IS NULL OR flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ))
  AND (%(end)s IS NULL OR flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ))
  AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
