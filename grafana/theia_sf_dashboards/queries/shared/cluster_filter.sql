-- Flows of the selected clusters.
('__all' IN (${cluster:sqlstring}) OR clusterUUID IN (${cluster:sqlstring}))
