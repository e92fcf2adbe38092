-- The drops of the abnormal days.
{findings}, point AS (
  SELECT
    day::TIMESTAMP_NTZ AS slot,
    endpoint || ' (' || direction || ')' AS series,
    SUM(drops) AS amount
  FROM finding
  GROUP BY slot, series
), {amounts}
