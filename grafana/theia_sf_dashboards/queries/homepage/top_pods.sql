-- The Pods that sent the most.
WITH flow AS (
  {flows}
)
SELECT
  source_pod AS "Pod",
  SUM(octets) AS "Bytes"
FROM flow
WHERE source_pod IS NOT NULL
GROUP BY source_pod
HAVING SUM(octets) > 0
ORDER BY "Bytes" DESC, "Pod"
LIMIT {bar_limit}
