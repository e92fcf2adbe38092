-- Antrea's flowType in words. 0 is written by releases before 2.5 when the source is no Pod.
CASE flow_type
  WHEN 1 THEN 'within a Node'
  WHEN 2 THEN 'between Nodes'
  WHEN 3 THEN 'to external'
  WHEN 4 THEN 'from external'
  ELSE 'not told'
END
