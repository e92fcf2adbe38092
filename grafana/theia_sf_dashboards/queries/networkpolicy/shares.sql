-- Bytes of the flows on which each policy decided in one direction.
WITH flow AS (
  {flows}
), decision AS (
  {decisions}
)
SELECT
  policy AS "policy",
  SUM(octets) AS "Bytes"
FROM decision
WHERE direction = '{way}'
GROUP BY policy
HAVING SUM(octets) > 0
ORDER BY "Bytes" DESC, "policy"
LIMIT {slice_limit}
