-- What the database holds, whatever the report is about: records by cluster, and the lines that could not be read.
SELECT
  FALSE AS is_rejected,
  clusterUUID AS cluster_uuid,
  COUNT(*) AS records,
  DATE_PART(EPOCH_SECOND, MIN(flowStartSeconds)) AS first_start,
  DATE_PART(EPOCH_SECOND, MAX(flowEndSeconds)) AS last_end,
  DATE_PART(EPOCH_SECOND, MAX(timeInserted)) AS newest
FROM ({all}) AS record
GROUP BY clusterUUID
UNION ALL
SELECT
  TRUE AS is_rejected,
  NULL AS cluster_uuid,
  COUNT(*) AS records,
  NULL AS first_start,
  NULL AS last_end,
  NULL AS newest
FROM ({rejected}) AS line
