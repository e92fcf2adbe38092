-- What queries used by UTC day, a line for each purpose.
WITH used AS (
  {used}
), tagged AS (
  SELECT *, {purpose} AS purpose
  FROM used
), point AS (
  SELECT
    $__timeGroup(started, '1d') AS slot,
    purpose AS series,
    SUM(amount) AS amount
  FROM tagged
  WHERE purpose IS NOT NULL
  GROUP BY slot, series
), {amounts}
