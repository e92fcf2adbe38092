-- The chosen flows by cluster: how many, how much passed in both directions, how many were dropped (2) or rejected (3).
SELECT
  clusterUUID AS cluster_uuid,
  COUNT(*) AS records,
  SUM(octetDeltaCount) AS octets,
  SUM(reverseOctetDeltaCount) AS reverse_octets,
  COUNT_IF(ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3)) AS denied,
  DATE_PART(EPOCH_SECOND, MIN(flowEndSeconds)) AS first_end,
  DATE_PART(EPOCH_SECOND, MAX(flowEndSeconds)) AS last_end
FROM ({flows}) AS record
GROUP BY clusterUUID
