-- Records by cluster, UTC day, and the endpoint and direction in which they were dropped (2) or rejected (3);
-- direction is NULL for records that were neither, which only tell on which days the cluster was seen.
-- The braces stand for a SELECT of flow records. start, end and cluster are NULL where there is no such filter.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    TO_DATE(CONVERT_TIMEZONE('UTC', flowStartSeconds)) AS day,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN 'ingress'
      WHEN egressNetworkPolicyRuleAction IN (2, 3) THEN 'egress'
    END AS direction,
    COALESCE(
      NULLIF(destinationPodNamespace, '') || '/' || NULLIF(destinationPodName, ''), destinationIP, ''
    ) AS destination,
    COALESCE(NULLIF(sourcePodNamespace, '') || '/' || NULLIF(sourcePodName, ''), sourceIP, '') AS source
  FROM ({flows}) AS record
  WHERE flowStartSeconds IS NOT NULL
    AND (%(start)s IS NULL OR flowStartSeconds >= CAST(%(start)s AS TIMESTAMP_TZ))
    AND (%(end)s IS NULL OR flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ))
    AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
), dropped AS (
  SELECT
    cluster_uuid,
    day,
    direction,
    CASE direction WHEN 'ingress' THEN destination WHEN 'egress' THEN source END AS endpoint
  FROM flow
)
SELECT cluster_uuid, endpoint, direction, day, COUNT(*) AS records
FROM dropped
GROUP BY cluster_uuid, endpoint, direction, day
