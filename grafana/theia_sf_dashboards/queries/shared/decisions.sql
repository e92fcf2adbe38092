-- What policies decided on the flows in `flow`: a row for each record and each end at which a policy did, selected ones only.
SELECT *
FROM (
  SELECT
    'ingress' AS direction,
    ingress_policy AS policy,
    ingress_rule AS policy_rule,
    ingress_action AS action,
    ingress_type AS policy_type,
    *
  FROM flow
  WHERE ingress_policy IS NOT NULL
  UNION ALL
  SELECT
    'egress' AS direction,
    egress_policy AS policy,
    egress_rule AS policy_rule,
    egress_action AS action,
    egress_type AS policy_type,
    *
  FROM flow
  WHERE egress_policy IS NOT NULL
) AS every_decision
WHERE ('__all' IN (${policy:sqlstring}) OR policy IN (${policy:sqlstring}))
  AND ('__all' IN (${direction:sqlstring}) OR direction IN (${direction:sqlstring}))
