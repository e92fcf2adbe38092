-- How old the newest flow record is.
SELECT DATEDIFF(SECOND, MAX(flowEndSeconds), CURRENT_TIMESTAMP()) AS "Age"
FROM FLOWS
WHERE rejectedRecord IS NULL
  AND $__timeTzFilter(flowEndSeconds)
  AND {cluster_filter}
LIMIT 1
