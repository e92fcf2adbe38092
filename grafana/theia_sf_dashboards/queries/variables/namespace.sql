WITH value_seen AS (
  SELECT sourcePodNamespace AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
  UNION
  SELECT destinationPodNamespace AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
)
SELECT value AS "value"
FROM value_seen
WHERE {selectable}
ORDER BY value
LIMIT {value_limit}
