-- Bytes in both directions.
WITH flow AS (
  {flows}
)
SELECT COALESCE(SUM(octets + reverse_octets), 0) AS "Bytes"
FROM flow
WHERE {kind}
LIMIT 1
