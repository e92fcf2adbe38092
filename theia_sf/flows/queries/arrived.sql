-- Records of those files of which there are not as many as were seen before. The braces stand for a SELECT of records.
-- `seen` is a text of lines: a file's name, a tab, and the number of its records; it begins and ends in a line feed.
WITH chosen AS (
  {records}
), changed AS (
  SELECT source_file
  FROM chosen
  GROUP BY source_file
  HAVING NOT CONTAINS(%(seen)s, CHR(10) || source_file || CHR(9) || CAST(COUNT(*) AS VARCHAR) || CHR(10))
)
SELECT chosen.*
FROM chosen
INNER JOIN changed ON chosen.source_file = changed.source_file
ORDER BY chosen.ended, chosen.loaded_at, chosen.source_file, chosen.source_file_row
