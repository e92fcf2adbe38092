-- The abnormal days, those that stand out most first.
{findings}
SELECT
  day AS "Day",
  cluster AS "Cluster",
  endpoint AS "Endpoint",
  direction AS "Direction",
  drops AS "Drops",
  median_drops AS "Median",
  mad AS "Median deviation",
  ROUND(score, 3) AS "Score",
  ROUND(mean_drops, 3) AS "Mean",
  ROUND(stdev_drops, 3) AS "Deviation"
FROM finding
ORDER BY score DESC, day, cluster, endpoint, direction
LIMIT {row_limit}
