-- Denials by UTC day, a line for each of the endpoints with the most.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
), point AS (
  SELECT
    $__timeGroup(ended, '1d') AS slot,
    endpoint || ' (' || direction || ')' AS series,
    COUNT(*) AS amount
  FROM denial
  GROUP BY slot, series
), {amounts}
