-- The series in `point` with the greatest amounts over the whole time range, so that no moment is cut.
ranked AS (
  SELECT slot, series, amount, SUM(amount) OVER (PARTITION BY series) AS total
  FROM point
)
SELECT
  slot AS "time",
  series AS "series",
  amount AS "Value"
FROM ranked
WHERE total > 0
QUALIFY DENSE_RANK() OVER (ORDER BY total DESC, series) <= {series_limit}
ORDER BY "time", "series"
LIMIT {point_limit}
