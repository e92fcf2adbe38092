-- The newest lines that are no flow records.
SELECT
  loadedAt AS "Loaded",
  sourceFile AS "File",
  sourceFileRow AS "Row",
  LEFT(rejectedRecord, 1000) AS "Line"
FROM REJECTED_FLOWS
WHERE $__timeTzFilter(loadedAt)
ORDER BY loadedAt DESC, sourceFile, sourceFileRow
LIMIT {row_limit}
