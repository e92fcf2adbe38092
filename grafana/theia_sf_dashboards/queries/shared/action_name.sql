-- Antrea's rule action in words, NULL for none.
CASE action WHEN 1 THEN 'allow' WHEN 2 THEN 'drop' WHEN 3 THEN 'reject' END
