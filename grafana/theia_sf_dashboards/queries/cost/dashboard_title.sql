-- The title of a dashboard of theia-sf, the uid of another one; Grafana's Explore has none.
CASE COALESCE(TRY_PARSE_JSON(query_tag):dashboardId::VARCHAR, '')
  WHEN '' THEN 'Explore'
  {titles}
  ELSE TRY_PARSE_JSON(query_tag):dashboardId::VARCHAR
END
