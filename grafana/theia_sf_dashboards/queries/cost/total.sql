-- What queries used in the time range.
WITH used AS (
  {used}
), known AS (
  {known}
), tagged AS (
  {tagged}
)
SELECT SUM(amount) AS "{title}"
FROM tagged
LIMIT 1
