-- How many different connections there are of a kind. The last record of each tells whether it goes on (2 = active timeout).
WITH flow AS (
  {flows}
), different AS (
  SELECT MAX_BY(end_reason, ended) AS last_end_reason
  FROM flow
  WHERE {kind}
  GROUP BY cluster, protocol, source_ip, source_port, destination_ip, destination_port
)
SELECT COUNT(*) AS "Connections"
FROM different
WHERE {state}
LIMIT 1
