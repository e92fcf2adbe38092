-- The queries in `used` that ran for theia-sf or for Grafana, and what for: the command, or the dashboard.
SELECT
  used.*,
  IFF(
    used.dashboard_uid IS NULL, used.query_tag, 'Grafana: ' || COALESCE(known.title, used.dashboard_uid)
  ) AS purpose
FROM used
LEFT JOIN known ON used.dashboard_uid = known.uid
WHERE used.dashboard_uid IS NOT NULL
  OR STARTSWITH(used.query_tag, 'theia-sf ')
