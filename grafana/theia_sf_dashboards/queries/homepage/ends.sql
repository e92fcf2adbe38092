-- How many different ones of a kind stand at either end, told apart by cluster.
WITH flow AS (
  {flows}
), seen AS (
  SELECT cluster, source_{kind} AS name
  FROM flow
  UNION
  SELECT cluster, destination_{kind} AS name
  FROM flow
)
SELECT COUNT(*) AS "{title}"
FROM seen
WHERE name IS NOT NULL
LIMIT 1
