-- The pairs with the most bytes in one direction, for a sankey diagram.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
)
SELECT
  source AS "source",
  destination AS "destination",
  SUM({octets}) AS "bytes"
FROM hop
GROUP BY source, destination
HAVING SUM({octets}) > 0
ORDER BY "bytes" DESC, "source", "destination"
LIMIT {edge_limit}
