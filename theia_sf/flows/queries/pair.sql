-- The connections between two ends, added up in several ways at once: one row per way (facet), opener, and value.
-- The braces stand for a SELECT of flow records, and for conditions: that the first end opened the connection to the
-- second (forth), or the second to the first (back). A record that is both counts as forth.
WITH flow AS (
  SELECT
    CASE WHEN {forth} THEN 'forth' ELSE 'back' END AS opened,
    clusterUUID AS cluster_uuid,
    LEAST(
      %(buckets)s - 1,
      FLOOR(DATEDIFF('second', CAST(%(start)s AS TIMESTAMP_TZ), flowEndSeconds) * %(buckets)s / %(seconds)s)
    ) AS bucket,
    protocolIdentifier AS protocol,
    destinationTransportPort AS port,
    NULLIF(destinationServicePortName, '') AS service,
    ingressNetworkPolicyType AS ingress_type,
    NULLIF(ingressNetworkPolicyNamespace, '') AS ingress_namespace,
    NULLIF(ingressNetworkPolicyName, '') AS ingress_name,
    NULLIF(ingressNetworkPolicyRuleName, '') AS ingress_rule,
    ingressNetworkPolicyRuleAction AS ingress_action,
    egressNetworkPolicyType AS egress_type,
    NULLIF(egressNetworkPolicyNamespace, '') AS egress_namespace,
    NULLIF(egressNetworkPolicyName, '') AS egress_name,
    NULLIF(egressNetworkPolicyRuleName, '') AS egress_rule,
    egressNetworkPolicyRuleAction AS egress_action,
    NULLIF(tcpState, '') AS tcp_state,
    flowEndReason AS end_reason,
    NULLIF(sourceNodeName, '') AS source_node,
    NULLIF(destinationNodeName, '') AS destination_node,
    COALESCE(octetDeltaCount, 0) AS octets,
    COALESCE(reverseOctetDeltaCount, 0) AS reverse_octets,
    COALESCE(packetDeltaCount, 0) AS packet_count,
    COALESCE(reversePacketDeltaCount, 0) AS reverse_packet_count,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3) THEN 1 ELSE 0
    END AS denied,
    flowStartSeconds AS started,
    flowEndSeconds AS ended
  FROM ({flows}) AS record
  WHERE flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ)
    AND flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ)
    AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
    AND (({forth}) OR ({back}))
), counted AS (
  SELECT
    CASE
      WHEN GROUPING(bucket) = 0 THEN 'time'
      WHEN GROUPING(port) = 0 THEN 'port'
      WHEN GROUPING(ingress_name) = 0 THEN 'ingress'
      WHEN GROUPING(egress_name) = 0 THEN 'egress'
      WHEN GROUPING(tcp_state) = 0 THEN 'state'
      ELSE 'nodes'
    END AS facet,
    opened, cluster_uuid, bucket, protocol, port, service,
    ingress_type, ingress_namespace, ingress_name, ingress_rule, ingress_action,
    egress_type, egress_namespace, egress_name, egress_rule, egress_action,
    tcp_state, end_reason, source_node, destination_node,
    SUM(octets) AS bytes,
    SUM(reverse_octets) AS reverse_bytes,
    SUM(packet_count) AS packets,
    SUM(reverse_packet_count) AS reverse_packets,
    COUNT(*) AS flows,
    SUM(denied) AS denials,
    MIN(started) AS first_seen,
    MAX(ended) AS last_seen
  FROM flow
  GROUP BY GROUPING SETS (
    (opened, cluster_uuid, bucket),
    (opened, protocol, port, service),
    (opened, ingress_type, ingress_namespace, ingress_name, ingress_rule, ingress_action),
    (opened, egress_type, egress_namespace, egress_name, egress_rule, egress_action),
    (opened, tcp_state, end_reason),
    (opened, source_node, destination_node)
  )
), ranked AS (
  SELECT
    counted.*,
    ROW_NUMBER() OVER (
      PARTITION BY facet, opened
      ORDER BY
        flows DESC, bytes DESC, protocol, port, service, ingress_name, ingress_rule, egress_name, egress_rule,
        tcp_state, end_reason, source_node, destination_node
    ) AS place
  FROM counted
)
SELECT *
FROM ranked
WHERE facet = 'time' OR place <= %(limit)s
ORDER BY facet, opened, place
