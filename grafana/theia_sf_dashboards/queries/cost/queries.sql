-- The queries of theia-sf and of Grafana that cost the most.
WITH used AS (
  {used}
), known AS (
  {known}
), tagged AS (
  {tagged}
), scanned AS (
  {scanned}
)
SELECT
  tagged.started AS "Started",
  tagged.purpose AS "Purpose",
  TRY_PARSE_JSON(tagged.query_tag):panelId::VARCHAR AS "Panel",
  tagged.user_name AS "User",
  tagged.warehouse_name AS "Warehouse",
  tagged.amount AS "Credits",
  scanned.amount AS "Bytes scanned",
  scanned.seconds AS "Duration",
  scanned.rows_produced AS "Rows",
  tagged.query_id AS "Query ID"
FROM tagged
LEFT JOIN scanned ON tagged.query_id = scanned.query_id
ORDER BY tagged.amount DESC, tagged.query_id
LIMIT {row_limit}
