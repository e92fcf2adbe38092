-- Where in the files some records stand. The braces stand for a SELECT of records.
SELECT source_file, source_file_row, loaded_at
FROM ({records}) AS chosen
