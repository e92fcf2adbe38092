-- Bits per second of what policies decided in one direction with one outcome, a line for each policy and pair.
WITH flow AS (
  {flows}
), decision AS (
  {decisions}
), point AS (
  SELECT
    $__timeGroup(ended, $__interval) AS slot,
    policy || ': ' || {source_end} || ' → '
    || {destination_end} AS series,
    SUM(octets) AS octets
  FROM decision
  WHERE direction = '{way}'
    AND action IN ({actions})
  GROUP BY slot, series
), {rates}
