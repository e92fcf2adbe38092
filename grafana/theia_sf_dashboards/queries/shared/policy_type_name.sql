-- Antrea's policy type in words.
CASE policy_type
  WHEN 1 THEN 'Kubernetes NetworkPolicy'
  WHEN 2 THEN 'Antrea NetworkPolicy'
  WHEN 3 THEN 'Antrea ClusterNetworkPolicy'
  ELSE TO_VARCHAR(policy_type)
END
