-- The connected pairs with the most bytes in both directions. The order is total, so that every query finds the same ones.
SELECT
  source,
  destination,
  SUM(octets) AS sent,
  SUM(reverse_octets) AS received,
  COUNT(*) AS records,
  COUNT_IF(denied) AS denied_records
FROM hop
GROUP BY source, destination
ORDER BY SUM(octets) + SUM(reverse_octets) DESC, source, destination
LIMIT {edge_limit}
