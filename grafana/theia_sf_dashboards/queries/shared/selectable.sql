-- Values that can be put into a query as Grafana does it: it doubles quotes, and Snowflake takes a backslash as an escape.
value <> ''
  AND NOT CONTAINS(value, '''')
  AND NOT CONTAINS(value, '"')
  AND NOT CONTAINS(value, '\\')
