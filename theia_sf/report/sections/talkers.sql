-- Who moved the most bytes: Pods, Namespaces, Services, and addresses that are no Pod, the first `top` of each kind.
-- A flow counts at both of its ends; within one end (a Namespace to itself) it is one record all the same.
-- talkers_of_kind is how many there are of the kind in all.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    NULLIF(sourcePodNamespace, '') AS source_namespace,
    NULLIF(sourcePodName, '') AS source_pod,
    sourceIP AS source_ip,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationPodNamespace, '') END AS destination_namespace,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationPodName, '') END AS destination_pod,
    destinationIP AS destination_ip,
    CASE WHEN flowType = 3 THEN NULL ELSE NULLIF(destinationServicePortName, '') END AS service,
    COALESCE(octetDeltaCount, 0) AS octets,
    COALESCE(reverseOctetDeltaCount, 0) AS reverse_octets,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3) THEN 1 ELSE 0
    END AS denied
  FROM ({flows}) AS record
), pair AS (
  SELECT
    cluster_uuid,
    source_namespace,
    source_pod,
    CASE WHEN source_namespace IS NULL THEN source_ip END AS source_address,
    destination_namespace,
    destination_pod,
    CASE WHEN destination_namespace IS NULL AND service IS NULL THEN destination_ip END AS destination_address,
    SPLIT_PART(service, ':', 1) AS service_name,
    COUNT(*) AS records,
    SUM(octets) AS octets,
    SUM(reverse_octets) AS reverse_octets,
    SUM(denied) AS denied
  FROM flow
  GROUP BY
    cluster_uuid, source_namespace, source_pod, source_address, destination_namespace, destination_pod,
    destination_address, service_name
), talker AS (
  SELECT
    'namespace' AS kind, cluster_uuid, source_namespace AS name,
    octets AS sent, reverse_octets AS received, records, denied
  FROM pair
  UNION ALL
  SELECT
    'namespace' AS kind, cluster_uuid, destination_namespace AS name,
    reverse_octets AS sent, octets AS received,
    CASE WHEN destination_namespace = source_namespace THEN 0 ELSE records END AS records,
    CASE WHEN destination_namespace = source_namespace THEN 0 ELSE denied END AS denied
  FROM pair
  UNION ALL
  SELECT
    'pod' AS kind, cluster_uuid, source_namespace || '/' || source_pod AS name,
    octets AS sent, reverse_octets AS received, records, denied
  FROM pair
  UNION ALL
  SELECT
    'pod' AS kind, cluster_uuid, destination_namespace || '/' || destination_pod AS name,
    reverse_octets AS sent, octets AS received,
    CASE
      WHEN destination_namespace = source_namespace AND destination_pod = source_pod THEN 0 ELSE records
    END AS records,
    CASE
      WHEN destination_namespace = source_namespace AND destination_pod = source_pod THEN 0 ELSE denied
    END AS denied
  FROM pair
  UNION ALL
  SELECT
    'service' AS kind, cluster_uuid, service_name AS name,
    reverse_octets AS sent, octets AS received, records, denied
  FROM pair
  UNION ALL
  SELECT
    'address' AS kind, cluster_uuid, source_address AS name,
    octets AS sent, reverse_octets AS received, records, denied
  FROM pair
  UNION ALL
  SELECT
    'address' AS kind, cluster_uuid, destination_address AS name,
    reverse_octets AS sent, octets AS received, records, denied
  FROM pair
), total AS (
  SELECT
    kind, cluster_uuid, name,
    SUM(sent) AS sent,
    SUM(received) AS received,
    SUM(records) AS records,
    SUM(denied) AS denied
  FROM talker
  WHERE name IS NOT NULL
  GROUP BY kind, cluster_uuid, name
)
SELECT
  kind, cluster_uuid, name, sent, received, records, denied,
  COUNT(*) OVER (PARTITION BY kind) AS talkers_of_kind
FROM total
QUALIFY ROW_NUMBER() OVER (PARTITION BY kind ORDER BY sent + received DESC, name, cluster_uuid) <= %(top)s
