-- What the panels of each dashboard used.
WITH attributed AS (
  {attributed}
), scanned AS (
  {scanned}
), shown AS (
  SELECT
    query_id,
    seconds,
    amount,
    {dashboard_title} AS dashboard,
    TRY_PARSE_JSON(query_tag):panelId::VARCHAR AS panel
  FROM scanned
  WHERE TRY_PARSE_JSON(query_tag):grafana:datasourceId::VARCHAR = '{datasource}'
)
SELECT
  shown.dashboard AS "Dashboard",
  shown.panel AS "Panel",
  COUNT(*) AS "Queries",
  SUM(attributed.amount) AS "Credits",
  SUM(shown.amount) AS "Bytes scanned",
  AVG(shown.seconds) AS "Average duration",
  MAX(shown.seconds) AS "Longest duration"
FROM shown
LEFT JOIN attributed ON shown.query_id = attributed.query_id
GROUP BY shown.dashboard, shown.panel
ORDER BY "Credits" DESC NULLS LAST, "Bytes scanned" DESC, shown.dashboard, shown.panel
LIMIT {row_limit}
