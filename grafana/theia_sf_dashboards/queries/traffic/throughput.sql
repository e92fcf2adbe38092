-- Bits per second in one direction, a line for each of what `series` names.
WITH flow AS (
  {flows}
), hop AS (
  {ends}
), point AS (
  SELECT
    $__timeGroup(ended, $__interval) AS slot,
    {series} AS series,
    SUM({octets}) AS octets
  FROM hop
  GROUP BY slot, series
), {rates}
