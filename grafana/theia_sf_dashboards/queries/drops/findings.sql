-- The rule `mad` of drop-detection: a complete UTC day is abnormal for an endpoint and a direction if it has at least 10
-- drops and exceeds the median of the cluster's other days by more than 3.5 spreads; the spread is the greatest of 1.4826
-- MAD, the root of the median, and 1. Days without drops count as zero, from the cluster's first day to its last, and four
-- days are enough. A day that the time range cuts, or that isn't over, is left out. A record belongs to the range when it
-- starts and ends in it.
WITH bound AS (
  SELECT
    CONVERT_TIMEZONE('UTC', TO_TIMESTAMP_TZ($__from, 3))::TIMESTAMP_NTZ AS begins,
    CONVERT_TIMEZONE('UTC', LEAST(TO_TIMESTAMP_TZ($__to, 3), CURRENT_TIMESTAMP()::TIMESTAMP_TZ))::TIMESTAMP_NTZ AS ends
), record AS (
  SELECT
    clusterUUID AS cluster,
    TO_DATE(CONVERT_TIMEZONE('UTC', flowStartSeconds)) AS day,
    CASE
      WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN 'ingress'
      WHEN egressNetworkPolicyRuleAction IN (2, 3) THEN 'egress'
    END AS direction,
    COALESCE(
      NULLIF(destinationPodNamespace, '') || '/' || NULLIF(destinationPodName, ''), destinationIP, ''
    ) AS destination,
    COALESCE(NULLIF(sourcePodNamespace, '') || '/' || NULLIF(sourcePodName, ''), sourceIP, '') AS source
  FROM FLOWS
  WHERE rejectedRecord IS NULL
    AND flowStartSeconds >= TO_TIMESTAMP_TZ($__from, 3)
    AND flowEndSeconds < TO_TIMESTAMP_TZ($__to, 3)
    AND {cluster_filter}
), daily AS (
  SELECT cluster, direction, IFF(direction = 'ingress', destination, source) AS endpoint, day, COUNT(*) AS drops
  FROM record
  WHERE direction IS NOT NULL
  GROUP BY cluster, direction, endpoint, day
), offset_of_day AS (
  SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS days
  FROM TABLE(GENERATOR(ROWCOUNT => 3660))
), seen AS (
  SELECT cluster, MIN(day) AS first_day, MAX(day) AS last_day
  FROM record
  GROUP BY cluster
), calendar AS (
  SELECT seen.cluster, DATEADD(DAY, offset_of_day.days, seen.first_day)::DATE AS day
  FROM seen
  INNER JOIN offset_of_day ON offset_of_day.days <= DATEDIFF(DAY, seen.first_day, seen.last_day)
  CROSS JOIN bound
  WHERE DATEADD(DAY, offset_of_day.days, seen.first_day)::TIMESTAMP_NTZ >= bound.begins
    AND DATEADD(DAY, offset_of_day.days + 1, seen.first_day)::TIMESTAMP_NTZ <= bound.ends
), other AS (
  SELECT
    daily.cluster,
    daily.endpoint,
    daily.direction,
    daily.day,
    daily.drops,
    COALESCE(elsewhere.drops, 0)::FLOAT AS other_drops
  FROM daily
  INNER JOIN calendar AS own ON daily.cluster IS NOT DISTINCT FROM own.cluster AND daily.day = own.day
  INNER JOIN calendar ON daily.cluster IS NOT DISTINCT FROM calendar.cluster AND daily.day <> calendar.day
  LEFT JOIN daily AS elsewhere
    ON daily.cluster IS NOT DISTINCT FROM elsewhere.cluster
      AND daily.endpoint = elsewhere.endpoint
      AND daily.direction = elsewhere.direction
      AND calendar.day = elsewhere.day
  WHERE daily.drops >= 10
), centred AS (
  SELECT *, MEDIAN(other_drops) OVER (PARTITION BY cluster, endpoint, direction, day) AS median_drops
  FROM other
), judged AS (
  SELECT
    cluster,
    endpoint,
    direction,
    day,
    drops,
    AVG(other_drops) AS mean_drops,
    STDDEV_SAMP(other_drops) AS stdev_drops,
    median_drops,
    MEDIAN(ABS(other_drops - median_drops)) AS mad
  FROM centred
  GROUP BY cluster, endpoint, direction, day, drops, median_drops
  HAVING COUNT(*) >= 3
), scored AS (
  SELECT *, (drops - median_drops) / GREATEST(1.4826::FLOAT * mad, SQRT(median_drops), 1::FLOAT) AS score
  FROM judged
), finding AS (
  SELECT *
  FROM scored
  WHERE score > 3.5
    AND ('__all' IN (${direction:sqlstring}) OR direction IN (${direction:sqlstring}))
    AND ('__all' IN (${namespace:sqlstring}) OR SPLIT_PART(endpoint, '/', 1) IN (${namespace:sqlstring}))
    AND ('__all' IN (${pod:sqlstring}) OR endpoint IN (${pod:sqlstring}))
)
