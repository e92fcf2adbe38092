-- The names with the most traffic: one row per cluster, name and bucket of time, with the totals of all flows in each.
-- A flow counts once for each of its two names, and once for a name that stands at both ends; NULL is what has no name.
-- The braces stand for a SELECT of flow records, and for the names of a record and whether it was denied as either.
WITH flow AS (
  SELECT
    clusterUUID AS cluster_uuid,
    {first} AS first_name,
    {second} AS second_name,
    CASE WHEN {first_denied} THEN 1 ELSE 0 END AS first_denied,
    CASE WHEN {second_denied} THEN 1 ELSE 0 END AS second_denied,
    LEAST(
      %(buckets)s - 1,
      FLOOR(DATEDIFF('second', CAST(%(start)s AS TIMESTAMP_TZ), flowEndSeconds) * %(buckets)s / %(seconds)s)
    ) AS bucket,
    COALESCE(octetDeltaCount, 0) + COALESCE(reverseOctetDeltaCount, 0) AS octets,
    COALESCE(packetDeltaCount, 0) + COALESCE(reversePacketDeltaCount, 0) AS packet_count
  FROM ({flows}) AS record
  WHERE flowEndSeconds >= CAST(%(start)s AS TIMESTAMP_TZ)
    AND flowEndSeconds < CAST(%(end)s AS TIMESTAMP_TZ)
    AND (%(cluster)s IS NULL OR clusterUUID = %(cluster)s)
    AND (
      %(namespace)s IS NULL OR sourcePodNamespace = %(namespace)s OR destinationPodNamespace = %(namespace)s
    )
), side AS (
  SELECT 1 AS place
  UNION ALL
  SELECT 2 AS place
), part AS (
  SELECT
    cluster_uuid,
    CASE place WHEN 1 THEN first_name ELSE second_name END AS name,
    bucket,
    SUM(octets) AS bytes,
    SUM(packet_count) AS packets,
    COUNT(*) AS flows,
    SUM(
      CASE
        WHEN first_name = second_name THEN GREATEST(first_denied, second_denied)
        WHEN place = 1 THEN first_denied
        ELSE second_denied
      END
    ) AS denials,
    SUM(CASE place WHEN 1 THEN octets ELSE 0 END) AS all_bytes,
    SUM(CASE place WHEN 1 THEN packet_count ELSE 0 END) AS all_packets,
    SUM(CASE place WHEN 1 THEN 1 ELSE 0 END) AS all_flows,
    SUM(CASE place WHEN 1 THEN GREATEST(first_denied, second_denied) ELSE 0 END) AS all_denials
  FROM flow
  CROSS JOIN side
  WHERE place = 1 OR (second_name IS NOT NULL AND (first_name IS NULL OR first_name <> second_name))
  GROUP BY cluster_uuid, CASE place WHEN 1 THEN first_name ELSE second_name END, bucket
), weighed AS (
  SELECT
    part.*,
    SUM(
      CASE %(metric)s WHEN 'bytes' THEN bytes WHEN 'packets' THEN packets WHEN 'flows' THEN flows ELSE denials END
    ) OVER (PARTITION BY cluster_uuid, name) AS weight,
    SUM(all_bytes) OVER () AS total_bytes,
    SUM(all_packets) OVER () AS total_packets,
    SUM(all_flows) OVER () AS total_flows,
    SUM(all_denials) OVER () AS total_denials
  FROM part
), ranked AS (
  SELECT
    weighed.*,
    DENSE_RANK() OVER (
      PARTITION BY CASE WHEN name IS NULL THEN 1 ELSE 0 END ORDER BY weight DESC, name, cluster_uuid
    ) AS place
  FROM weighed
)
SELECT
  cluster_uuid, name, bucket, bytes, packets, flows, denials, total_bytes, total_packets, total_flows, total_denials
FROM ranked
WHERE name IS NULL OR (weight > 0 AND place <= %(limit)s)
ORDER BY place, bucket
