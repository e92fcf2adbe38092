-- The dashboard that a query ran for, by the tag of Grafana's plugin: '' for Explore, NULL for what our data source didn't ask.
IFF(
  TRY_PARSE_JSON(query_tag):grafana:datasourceId::VARCHAR = '{datasource}',
  COALESCE(TRY_PARSE_JSON(query_tag):dashboardId::VARCHAR, ''),
  NULL
)
