-- Values that can be put into a query as Grafana does it: it doubles quotes and no more, Snowflake takes a backslash for an
-- escape, and the plugin a dollar for a macro. Kubernetes allows none of them in a name.
value <> ''
  AND NOT CONTAINS(value, '''')
  AND NOT CONTAINS(value, '"')
  AND NOT CONTAINS(value, '\\')
  AND NOT CONTAINS(value, '$')
