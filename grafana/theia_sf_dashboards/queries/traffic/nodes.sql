-- The nodes of the graph that edges.sql gives the edges of, with the share of bytes that each sent and received.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
), edge AS (
  {edge}
), edge_end AS (
  SELECT source AS node, sent, received, records
  FROM edge
  UNION ALL
  SELECT destination AS node, received AS sent, sent AS received, records
  FROM edge
  WHERE destination <> source
)
SELECT
  node AS "id",
  IFF(CONTAINS(node, '/'), SPLIT_PART(node, '/', 2), node) AS "title",
  IFF(CONTAINS(node, '/'), SPLIT_PART(node, '/', 1), '') AS "subtitle",
  SUM(sent + received) AS "mainstat",
  SUM(records) AS "secondarystat",
  SUM(sent) / GREATEST(SUM(sent + received), 1) AS "arc__sent",
  SUM(received) / GREATEST(SUM(sent + received), 1) AS "arc__received"
FROM edge_end
GROUP BY node
ORDER BY "mainstat" DESC, "id"
LIMIT {node_limit}
