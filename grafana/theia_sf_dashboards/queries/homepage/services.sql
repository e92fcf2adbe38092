-- How many different Services were used, told apart by cluster. Their ports have names of their own.
WITH flow AS (
  {flows}
), seen AS (
  SELECT DISTINCT cluster, SPLIT_PART(service, ':', 1) AS name
  FROM flow
  WHERE service IS NOT NULL
)
SELECT COUNT(*) AS "Services"
FROM seen
LIMIT 1
