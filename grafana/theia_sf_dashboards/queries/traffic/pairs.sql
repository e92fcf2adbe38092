-- Who is connected with whom, in numbers.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
)
SELECT
  source AS "Source",
  destination AS "Destination",
  SUM(octets) AS "Bytes",
  SUM(reverse_octets) AS "Reverse bytes",
  COUNT(*) AS "Flow records",
  COUNT_IF(denied) AS "Denied records",
  MAX(ended) AS "Last seen"
FROM hop
GROUP BY source, destination
ORDER BY SUM(octets) + SUM(reverse_octets) DESC, source, destination
LIMIT {row_limit}
