WITH value_seen AS (
  SELECT
    {ingress_policy} AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND {namespace_filter}
  UNION
  SELECT
    {egress_policy} AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND {namespace_filter}
)
SELECT value AS "value"
FROM value_seen
WHERE {selectable}
ORDER BY value
LIMIT {value_limit}
