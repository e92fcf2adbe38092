-- Flows by the NetworkPolicies that applied to them.
CREATE VIEW IF NOT EXISTS {database}.{schema}.POLICIES
COMMENT = 'Flow records by NetworkPolicy'
AS SELECT
  flowEndSeconds,
  octetDeltaCount,
  reverseOctetDeltaCount,
  egressNetworkPolicyName,
  egressNetworkPolicyNamespace,
  egressNetworkPolicyRuleAction,
  ingressNetworkPolicyName,
  ingressNetworkPolicyNamespace,
  ingressNetworkPolicyRuleAction,
  sourcePodName,
  sourcePodNamespace,
  sourceTransportPort,
  destinationIP,
  destinationPodName,
  destinationPodNamespace,
  destinationTransportPort,
  destinationServicePortName,
  destinationServicePort,
  throughput,
  flowType,
  clusterUUID
FROM {database}.{schema}.FLOWS;
