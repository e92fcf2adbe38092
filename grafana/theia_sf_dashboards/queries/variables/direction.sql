WITH value_seen AS (
  SELECT DISTINCT 'ingress' AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND {namespace_filter}
    AND ingressNetworkPolicyRuleAction <> 0
  UNION
  SELECT DISTINCT 'egress' AS value
  FROM FLOWS
  WHERE {variable_range}
    AND {cluster_filter}
    AND {namespace_filter}
    AND egressNetworkPolicyRuleAction <> 0
)
SELECT value AS "value"
FROM value_seen
ORDER BY value
LIMIT {value_limit}
