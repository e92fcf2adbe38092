-- The newest of some records, oldest first. The braces stand for a SELECT of records.
SELECT *
FROM (
  SELECT *
  FROM ({records}) AS chosen
  ORDER BY ended DESC, loaded_at DESC, source_file DESC, source_file_row DESC
  LIMIT %(lines)s
) AS newest
ORDER BY ended, loaded_at, source_file, source_file_row
