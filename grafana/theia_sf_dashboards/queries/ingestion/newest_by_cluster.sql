-- The newest flow record of each cluster.
SELECT
  clusterUUID AS "Cluster",
  MAX(flowEndSeconds) AS "Newest flow",
  DATEDIFF(SECOND, MAX(flowEndSeconds), CURRENT_TIMESTAMP()) AS "Age",
  MAX(loadedAt) AS "Loaded",
  COUNT(*) AS "Flow records"
FROM FLOWS
WHERE rejectedRecord IS NULL
  AND $__timeTzFilter(flowEndSeconds)
  AND {cluster_filter}
GROUP BY clusterUUID
ORDER BY "Age" DESC, "Cluster"
LIMIT {row_limit}
