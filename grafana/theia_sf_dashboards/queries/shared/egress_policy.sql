-- The NetworkPolicy that decided on egress, NULL if none did: `namespace/name`, or `name` of one of the whole cluster.
-- A Pod that Kubernetes NetworkPolicies isolate drops what none of them allows: such a record has an action and no name.
CASE
  WHEN egressNetworkPolicyName <> '' AND egressNetworkPolicyNamespace <> ''
    THEN egressNetworkPolicyNamespace || '/' || egressNetworkPolicyName
  WHEN egressNetworkPolicyName <> '' THEN egressNetworkPolicyName
  WHEN egressNetworkPolicyRuleAction IN (2, 3) THEN {isolation}
END
