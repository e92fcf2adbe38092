-- What queries used in the time range.
WITH used AS (
  {used}
), tagged AS (
  SELECT *, {purpose} AS purpose
  FROM used
)
SELECT SUM(amount) AS "{title}"
FROM tagged
WHERE purpose IS NOT NULL
LIMIT 1
