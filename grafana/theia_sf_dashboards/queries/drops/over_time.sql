-- Denials by the interval in which their flows ended, a line for each direction and action.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
), point AS (
  SELECT
    $__timeGroup(ended, $__interval) AS slot,
    direction || ' ' || {action_name} AS series,
    COUNT(*) AS amount
  FROM denial
  GROUP BY slot, series
), {amounts}
