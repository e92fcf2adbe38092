-- The titles of dashboards.
SELECT uid, title
FROM (
  VALUES
  ('', 'Explore'),
  {titles}
) AS given (uid, title)
