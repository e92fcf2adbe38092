-- The NetworkPolicy that decided on ingress, NULL if none did: `namespace/name`, or `name` of one of the whole cluster.
-- A Pod that Kubernetes NetworkPolicies isolate drops what none of them allows: such a record has an action and no name.
CASE
  WHEN ingressNetworkPolicyName <> '' AND ingressNetworkPolicyNamespace <> ''
    THEN ingressNetworkPolicyNamespace || '/' || ingressNetworkPolicyName
  WHEN ingressNetworkPolicyName <> '' THEN ingressNetworkPolicyName
  WHEN ingressNetworkPolicyRuleAction IN (2, 3) THEN {isolation}
END
