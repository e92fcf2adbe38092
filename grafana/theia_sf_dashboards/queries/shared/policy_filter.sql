-- Flows on which one of the selected NetworkPolicies decided, in one of the selected directions.
(
  ('__all' IN (${policy:sqlstring}) AND '__all' IN (${direction:sqlstring}))
  OR (
    ('__all' IN (${direction:sqlstring}) OR 'ingress' IN (${direction:sqlstring}))
    AND ingress_policy IS NOT NULL
    AND ('__all' IN (${policy:sqlstring}) OR ingress_policy IN (${policy:sqlstring}))
  )
  OR (
    ('__all' IN (${direction:sqlstring}) OR 'egress' IN (${direction:sqlstring}))
    AND egress_policy IS NOT NULL
    AND ('__all' IN (${policy:sqlstring}) OR egress_policy IN (${policy:sqlstring}))
  )
)
