-- The flow records of the time range and the selection, each once, under names that the panels share. Snowflake reads only
-- the columns that a panel uses. A Pod is `namespace/name` and NULL where an end is no Pod; text is never ''.
-- `ended` is in UTC, as the macros for grouping drop the zone. A line that is no flow record is left out.
SELECT
  clusterUUID AS cluster,
  flowStartSeconds AS started,
  CONVERT_TIMEZONE('UTC', flowEndSeconds) AS ended,
  flowEndReason AS end_reason,
  flowType AS flow_type,
  protocolIdentifier AS protocol,
  tcpState AS tcp_state,
  sourceIP AS source_ip,
  sourceTransportPort AS source_port,
  NULLIF(sourcePodNamespace, '') AS source_namespace,
  NULLIF(sourcePodNamespace, '') || '/' || NULLIF(sourcePodName, '') AS source_pod,
  NULLIF(sourceNodeName, '') AS source_node,
  destinationIP AS destination_ip,
  destinationTransportPort AS destination_port,
  IFF(flowType = 3, NULL, NULLIF(destinationPodNamespace, '')) AS destination_namespace,
  IFF(
    flowType = 3, NULL, NULLIF(destinationPodNamespace, '') || '/' || NULLIF(destinationPodName, '')
  ) AS destination_pod,
  IFF(flowType = 3, NULL, NULLIF(destinationNodeName, '')) AS destination_node,
  IFF(flowType = 3, NULL, NULLIF(destinationServicePortName, '')) AS service,
  ingressNetworkPolicyRuleAction AS ingress_action,
  ingressNetworkPolicyType AS ingress_type,
  NULLIF(ingressNetworkPolicyRuleName, '') AS ingress_rule,
  {ingress_policy} AS ingress_policy,
  egressNetworkPolicyRuleAction AS egress_action,
  egressNetworkPolicyType AS egress_type,
  NULLIF(egressNetworkPolicyRuleName, '') AS egress_rule,
  {egress_policy} AS egress_policy,
  NULLIF(egressName, '') AS egress,
  octetDeltaCount AS octets,
  reverseOctetDeltaCount AS reverse_octets,
  packetDeltaCount AS packets,
  reversePacketDeltaCount AS reverse_packets
FROM FLOWS
WHERE rejectedRecord IS NULL
  AND $__timeTzFilter(flowEndSeconds)
  AND {cluster_filter}
  AND {namespace_filter}
  AND {pod_filter}
