WITH value_seen AS (
  SELECT sourcePodNamespace || '/' || sourcePodName AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND sourcePodName <> ''
    AND ('__all' IN (${namespace:sqlstring}) OR sourcePodNamespace IN (${namespace:sqlstring}))
  UNION
  SELECT destinationPodNamespace || '/' || destinationPodName AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND destinationPodName <> ''
    AND ('__all' IN (${namespace:sqlstring}) OR destinationPodNamespace IN (${namespace:sqlstring}))
)
SELECT value AS "value"
FROM value_seen
WHERE {selectable}
ORDER BY value
LIMIT {value_limit}
