-- Releases before 2.5 do not tell that a flow comes from outside: its source is no Pod, and its flowType 0.
(flow_type = 4 OR (flow_type = 0 AND source_pod IS NULL)) AND destination_pod IS NOT NULL
