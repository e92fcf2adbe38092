-- One number about what was loaded.
WITH loaded AS (
  SELECT sourceFile AS file_name, rejectedRecord AS rejected, flowEndSeconds AS ended
  FROM FLOWS
  WHERE $__timeTzFilter(loadedAt)
    AND (rejectedRecord IS NOT NULL OR {cluster_filter})
)
SELECT {number} AS "{title}"
FROM loaded
LIMIT 1
