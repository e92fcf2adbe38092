-- Flow records one by one, with what people look at. A filter not asked for is NULL; a Pod is a pattern of LIKE.
-- The braces stand for a SELECT of flow records, and for a condition on both of their ends.
SELECT
  loadedAt AS loaded_at,
  sourceFile AS source_file,
  sourceFileRow AS source_file_row,
  clusterUUID AS cluster_uuid,
  flowStartSeconds AS started,
  flowEndSeconds AS ended,
  sourcePodNamespace AS source_namespace,
  sourcePodName AS source_pod,
  sourceIP AS source_ip,
  sourceTransportPort AS source_port,
  sourceNodeName AS source_node,
  destinationPodNamespace AS destination_namespace,
  destinationPodName AS destination_pod,
  destinationIP AS destination_ip,
  destinationTransportPort AS destination_port,
  destinationNodeName AS destination_node,
  destinationServicePortName AS service,
  protocolIdentifier AS protocol,
  octetDeltaCount AS bytes,
  reverseOctetDeltaCount AS reverse_bytes,
  packetDeltaCount AS packets,
  reversePacketDeltaCount AS reverse_packets,
  ingressNetworkPolicyType AS ingress_type,
  ingressNetworkPolicyNamespace AS ingress_namespace,
  ingressNetworkPolicyName AS ingress_name,
  ingressNetworkPolicyRuleName AS ingress_rule,
  ingressNetworkPolicyRuleAction AS ingress_action,
  egressNetworkPolicyType AS egress_type,
  egressNetworkPolicyNamespace AS egress_namespace,
  egressNetworkPolicyName AS egress_name,
  egressNetworkPolicyRuleName AS egress_rule,
  egressNetworkPolicyRuleAction AS egress_action,
  tcpState AS tcp_state,
  flowEndReason AS end_reason
FROM ({flows}) AS record
WHERE (%(loaded)s IS NULL OR loadedAt >= CAST(%(loaded)s AS TIMESTAMP_TZ))
  AND (%(start)s IS NULL OR flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ))
  AND (%(end)s IS NULL OR flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ))
  AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
  AND (
    (
      (%(namespace)s IS NULL OR sourcePodNamespace = %(namespace)s)
      AND (%(pod)s IS NULL OR sourcePodName LIKE %(pod)s)
    )
    OR (
      (%(namespace)s IS NULL OR destinationPodNamespace = %(namespace)s)
      AND (%(pod)s IS NULL OR destinationPodName LIKE %(pod)s)
    )
  )
  AND (
    %(action)s IS NULL
    OR %(action)s = CASE
      WHEN ingressNetworkPolicyRuleAction = 3 OR egressNetworkPolicyRuleAction = 3 THEN 'reject'
      WHEN ingressNetworkPolicyRuleAction = 2 OR egressNetworkPolicyRuleAction = 2 THEN 'drop'
      WHEN ingressNetworkPolicyRuleAction = 1 OR egressNetworkPolicyRuleAction = 1 THEN 'allow'
      ELSE 'none'
    END
  )
  AND {between}
