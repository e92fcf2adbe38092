-- Who talks to whom: one row per distinct edge, and one row per reason for which records are left out (all else NULL
-- there), each with the bytes of both directions and the time in which it was seen.
-- An address is kept only for an end that is no Pod: it is what multiplies rows, and Pods are known by their labels.
-- The braces stand for a SELECT of flow records. start, end and cluster are NULL where there is no such filter.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    NULLIF(sourcePodNamespace, '') AS source_namespace,
    NULLIF(sourcePodLabels, '') AS source_labels,
    sourceIP AS source_ip,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationPodNamespace, '') END AS destination_namespace,
    NULLIF(destinationPodLabels, '') AS destination_labels,
    destinationIP AS destination_ip,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationServicePortName, '') END AS service,
    destinationTransportPort AS port,
    protocolIdentifier AS protocol,
    CASE
      WHEN flowStartSeconds < CAST(%(start)s AS TIMESTAMP_TZ) OR flowEndSeconds >= CAST(%(end)s AS TIMESTAMP_TZ)
        THEN 'crosses-bound'
      WHEN NULLIF(ingressNetworkPolicyName, '') IS NOT NULL AND NULLIF(egressNetworkPolicyName, '') IS NOT NULL
        THEN 'policy-on-both-sides'
      WHEN NULLIF(ingressNetworkPolicyName, '') IS NOT NULL OR NULLIF(egressNetworkPolicyName, '') IS NOT NULL
        THEN 'policy-on-one-side'
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3)
        THEN 'denied'
      WHEN NULLIF(sourcePodNamespace, '') IS NULL AND (flowType = 3 OR NULLIF(destinationPodNamespace, '') IS NULL)
        THEN 'no-pod'
    END AS left_out,
    octetDeltaCount + reverseOctetDeltaCount AS octets,
    flowStartSeconds AS start_time,
    flowEndSeconds AS end_time
  FROM ({flows}) AS record
  WHERE (%(start)s IS NULL OR flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ))
    AND (%(end)s IS NULL OR flowStartSeconds < CAST(%(end)s AS TIMESTAMP_TZ))
    AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
), edge AS (
  SELECT
    left_out,
    CASE WHEN left_out IS NULL THEN source_namespace END AS from_namespace,
    CASE WHEN left_out IS NULL AND source_namespace IS NOT NULL THEN source_labels END AS from_labels,
    CASE WHEN left_out IS NULL AND source_namespace IS NULL THEN source_ip END AS from_ip,
    CASE WHEN left_out IS NULL THEN destination_namespace END AS to_namespace,
    CASE WHEN left_out IS NULL AND destination_namespace IS NOT NULL THEN destination_labels END AS to_labels,
    CASE WHEN left_out IS NULL AND destination_namespace IS NULL THEN destination_ip END AS to_ip,
    CASE WHEN left_out IS NULL THEN service END AS to_service,
    CASE WHEN left_out IS NULL THEN port END AS to_port,
    CASE WHEN left_out IS NULL THEN protocol END AS protocol_number,
    cluster_uuid,
    octets,
    start_time,
    end_time
  FROM flow
)
SELECT
  left_out, from_namespace, from_labels, from_ip, to_namespace, to_labels, to_ip, to_service, to_port,
  protocol_number,
  COUNT(*) AS flows,
  MIN(cluster_uuid) AS first_cluster,
  MAX(cluster_uuid) AS last_cluster,
  SUM(octets) AS octets,
  DATE_PART(EPOCH_SECOND, MIN(start_time)) AS first_seen,
  DATE_PART(EPOCH_SECOND, MAX(end_time)) AS last_seen
FROM edge
GROUP BY
  left_out, from_namespace, from_labels, from_ip, to_namespace, to_labels, to_ip, to_service, to_port,
  protocol_number
