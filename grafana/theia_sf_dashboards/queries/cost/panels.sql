-- What the panels of each dashboard used.
WITH used AS (
  {used}
), known AS (
  {known}
), tagged AS (
  {tagged}
), attributed AS (
  {attributed}
)
SELECT
  tagged.purpose AS "Dashboard",
  TRY_PARSE_JSON(tagged.query_tag):panelId::VARCHAR AS "Panel",
  COUNT(*) AS "Queries",
  SUM(attributed.amount) AS "Credits",
  SUM(tagged.amount) AS "Bytes scanned",
  AVG(tagged.seconds) AS "Average duration",
  MAX(tagged.seconds) AS "Longest duration"
FROM tagged
LEFT JOIN attributed ON tagged.query_id = attributed.query_id
WHERE tagged.dashboard_uid IS NOT NULL
GROUP BY "Dashboard", "Panel"
ORDER BY "Credits" DESC NULLS LAST, "Bytes scanned" DESC, "Dashboard", "Panel"
LIMIT {row_limit}
