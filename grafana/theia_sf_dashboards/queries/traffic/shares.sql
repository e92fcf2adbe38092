-- Bytes sent by each of what `part` names.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
)
SELECT
  {part} AS "name",
  SUM(octets) AS "Bytes"
FROM hop
GROUP BY "name"
HAVING SUM(octets) > 0
ORDER BY "Bytes" DESC, "name"
LIMIT {slice_limit}
