-- Bits per second in both directions, on the average of the time range.
WITH flow AS (
  {flows}
)
SELECT COALESCE(SUM(octets + reverse_octets), 0) * 8 / GREATEST(($__to - $__from) / 1000, 1) AS "Throughput"
FROM flow
WHERE {kind}
LIMIT 1
