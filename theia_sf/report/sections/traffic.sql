-- The chosen flows by the stretch of time in which their records end; bucket is its length in seconds.
-- MOD is exact, where a division would be rounded after six digits.
SELECT
  DATE_PART(EPOCH_SECOND, flowEndSeconds)
  - MOD(DATE_PART(EPOCH_SECOND, flowEndSeconds), %(bucket)s) AS bucket_start,
  COUNT(*) AS records,
  SUM(octetDeltaCount) AS octets,
  SUM(reverseOctetDeltaCount) AS reverse_octets,
  COUNT_IF(ingressNetworkPolicyRuleAction IN (2, 3) OR egressNetworkPolicyRuleAction IN (2, 3)) AS denied
FROM ({flows}) AS record
GROUP BY bucket_start
