-- What a query ran for, by its tag: the command of theia-sf, or the dashboard as Grafana's plugin tells it; NULL for others.
CASE
  WHEN STARTSWITH(query_tag, 'theia-sf ') THEN query_tag
  WHEN TRY_PARSE_JSON(query_tag):grafana:datasourceId::VARCHAR = '{datasource}' THEN 'Grafana: ' || {dashboard_title}
END
