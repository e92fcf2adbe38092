-- What queries used by UTC day, a line for each purpose.
WITH used AS (
  {used}
), known AS (
  {known}
), tagged AS (
  {tagged}
), point AS (
  SELECT
    $__timeGroup(started, '1d') AS slot,
    purpose AS series,
    SUM(amount) AS amount
  FROM tagged
  GROUP BY slot, series
), {amounts}
