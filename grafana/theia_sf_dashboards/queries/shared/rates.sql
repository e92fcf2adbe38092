-- Bits per second of the series in `point` with the most bytes over the whole time range, so that no moment is cut.
ranked AS (
  SELECT slot, series, octets, SUM(octets) OVER (PARTITION BY series) AS total
  FROM point
)
SELECT
  slot AS "time",
  series AS "series",
  octets * 8 / ($__interval_ms / 1000) AS "Value"
FROM ranked
WHERE total > 0
QUALIFY DENSE_RANK() OVER (ORDER BY total DESC, series) <= {series_limit}
ORDER BY "time", "series"
LIMIT {point_limit}
