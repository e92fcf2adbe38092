-- Stands for the policy of a record that Kubernetes NetworkPolicies denied: Antrea names none.
'(Kubernetes isolation)'
