-- The edges of a graph. `ends` gives the hops: when, from whom to whom, how much.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
), edge AS (
  {edge}
)
SELECT
  source || ' → ' || destination AS "id",
  source AS "source",
  destination AS "target",
  sent + received AS "mainstat",
  records AS "secondarystat",
  1 + 5 * (sent + received) / GREATEST(MAX(sent + received) OVER (), 1) AS "thickness",
  IFF(denied_records > 0, 'red', 'gray') AS "color"
FROM edge
ORDER BY "mainstat" DESC, "id"
LIMIT {edge_limit}
