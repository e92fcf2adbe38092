WITH value_seen AS (
  SELECT DISTINCT clusterUUID AS value
  FROM FLOWS
  WHERE {variable_range}
)
SELECT value AS "value"
FROM value_seen
WHERE {selectable}
ORDER BY value
LIMIT {value_limit}
