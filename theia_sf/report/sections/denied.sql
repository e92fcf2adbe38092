-- Dropped (2) and rejected (3) flows: between whom, and by which rule, the `top` most frequent.
-- The policy is NULL for what the isolation of Kubernetes NetworkPolicies drops: their records name none.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    NULLIF(sourcePodNamespace, '') AS from_namespace,
    NULLIF(sourcePodLabels, '') AS from_labels,
    CASE WHEN NULLIF(sourcePodNamespace, '') IS NULL THEN sourceIP END AS from_address,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationPodNamespace, '') END AS to_namespace,
    NULLIF(destinationPodLabels, '') AS to_labels,
    CASE WHEN flowType = 3 OR NULLIF(destinationPodNamespace, '') IS NULL THEN destinationIP END AS to_address,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationServicePortName, '') END AS service,
    protocolIdentifier AS protocol,
    destinationTransportPort AS port,
    CASE WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN 'ingress' ELSE 'egress' END AS direction,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN ingressNetworkPolicyRuleAction
      ELSE egressNetworkPolicyRuleAction
    END AS rule_action,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN NULLIF(ingressNetworkPolicyNamespace, '')
      ELSE NULLIF(egressNetworkPolicyNamespace, '')
    END AS policy_namespace,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN NULLIF(ingressNetworkPolicyName, '')
      ELSE NULLIF(egressNetworkPolicyName, '')
    END AS policy_name,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN NULLIF(ingressNetworkPolicyRuleName, '')
      ELSE NULLIF(egressNetworkPolicyRuleName, '')
    END AS rule_name,
    flowStartSeconds AS start_time,
    flowEndSeconds AS end_time
  FROM ({flows}) AS record
  WHERE ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3)
)
SELECT
  cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service, protocol, port,
  direction, rule_action, policy_namespace, policy_name, rule_name,
  COUNT(*) AS flows,
  DATE_PART(EPOCH_SECOND, MIN(start_time)) AS first_start,
  DATE_PART(EPOCH_SECOND, MAX(end_time)) AS last_end,
  COUNT(*) OVER () AS all_rows,
  SUM(COUNT(*)) OVER () AS all_flows
FROM flow
GROUP BY
  cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service, protocol, port,
  direction, rule_action, policy_namespace, policy_name, rule_name
QUALIFY
  ROW_NUMBER() OVER (
    ORDER BY
      COUNT(*) DESC, cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address,
      service, protocol, port, direction, rule_action, policy_namespace, policy_name, rule_name
  ) <= %(top)s
