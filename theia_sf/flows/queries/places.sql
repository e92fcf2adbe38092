-- Where in the files some records stand, as runs of rows without a gap. The braces stand for a SELECT of records.
WITH placed AS (
  SELECT
    source_file,
    source_file_row,
    loaded_at,
    source_file_row - ROW_NUMBER() OVER (PARTITION BY source_file ORDER BY source_file_row) AS run
  FROM ({records}) AS chosen
  WHERE source_file IS NOT NULL AND source_file_row IS NOT NULL
)
SELECT source_file, MIN(source_file_row) AS first_row, MAX(source_file_row) AS last_row, MAX(loaded_at) AS loaded_at
FROM placed
GROUP BY source_file, run
