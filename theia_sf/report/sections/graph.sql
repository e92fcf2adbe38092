-- Who talks to whom, by labels: the edges with the most bytes, and those that were denied most often.
-- An address stands for itself if it is among the `addresses` that moved the most bytes, else all others are one end,
-- whose address is NULL. The totals are those of all edges, so that what is not among the rows can be told.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    NULLIF(sourcePodNamespace, '') AS from_namespace,
    CASE WHEN NULLIF(sourcePodNamespace, '') IS NOT NULL THEN NULLIF(sourcePodLabels, '') END AS from_labels,
    CASE WHEN NULLIF(sourcePodNamespace, '') IS NULL THEN sourceIP END AS from_address,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationPodNamespace, '') END AS to_namespace,
    CASE
      WHEN flowType = 3 OR NULLIF(destinationPodNamespace, '') IS NULL THEN NULL ELSE NULLIF(destinationPodLabels, '')
    END AS to_labels,
    CASE
      WHEN flowType = 3 THEN destinationIP
      WHEN NULLIF(destinationPodNamespace, '') IS NULL AND NULLIF(destinationServicePortName, '') IS NULL
        THEN destinationIP
    END AS to_address,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationServicePortName, '') END AS service,
    protocolIdentifier AS protocol,
    destinationTransportPort AS port,
    COALESCE(octetDeltaCount, 0) AS octets,
    COALESCE(reverseOctetDeltaCount, 0) AS reverse_octets,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3) THEN 1 ELSE 0
    END AS denied,
    flowStartSeconds AS start_time,
    flowEndSeconds AS end_time
  FROM ({flows}) AS record
), edge AS (
  SELECT
    cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service, protocol,
    port,
    COUNT(*) AS flows,
    SUM(octets) AS octets,
    SUM(reverse_octets) AS reverse_octets,
    SUM(denied) AS denied,
    MIN(start_time) AS first_start,
    MAX(end_time) AS last_end
  FROM flow
  GROUP BY
    cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service, protocol,
    port
), moved AS (
  SELECT from_address AS address, octets + reverse_octets AS octets FROM edge
  UNION ALL
  SELECT to_address AS address, octets + reverse_octets AS octets FROM edge
), shown AS (
  SELECT address
  FROM moved
  WHERE address IS NOT NULL
  GROUP BY address
  QUALIFY ROW_NUMBER() OVER (ORDER BY SUM(octets) DESC, address) <= %(addresses)s
), folded AS (
  SELECT
    edge.cluster_uuid,
    edge.from_namespace,
    edge.from_labels,
    source.address AS from_address,
    edge.to_namespace,
    edge.to_labels,
    destination.address AS to_address,
    edge.service,
    edge.protocol,
    edge.port,
    SUM(edge.flows) AS flows,
    SUM(edge.octets) AS octets,
    SUM(edge.reverse_octets) AS reverse_octets,
    SUM(edge.denied) AS denied,
    DATE_PART(EPOCH_SECOND, MIN(edge.first_start)) AS first_start,
    DATE_PART(EPOCH_SECOND, MAX(edge.last_end)) AS last_end
  FROM edge
  LEFT JOIN shown AS source ON edge.from_address = source.address
  LEFT JOIN shown AS destination ON edge.to_address = destination.address
  GROUP BY
    edge.cluster_uuid, edge.from_namespace, edge.from_labels, source.address, edge.to_namespace, edge.to_labels,
    destination.address, edge.service, edge.protocol, edge.port
)
SELECT
  cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service, protocol, port,
  flows, octets, reverse_octets, denied, first_start, last_end,
  COUNT(*) OVER () AS all_edges,
  SUM(flows) OVER () AS all_flows,
  SUM(octets + reverse_octets) OVER () AS all_octets
FROM folded
QUALIFY
  ROW_NUMBER() OVER (
    ORDER BY
      octets + reverse_octets DESC, flows DESC, cluster_uuid, from_namespace, from_labels, from_address, to_namespace,
      to_labels, to_address, service, protocol, port
  ) <= %(edges)s
  OR (
    denied > 0
    AND ROW_NUMBER() OVER (
      ORDER BY
        denied DESC, cluster_uuid, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address,
        service, protocol, port
    ) <= %(denied_edges)s
  )
