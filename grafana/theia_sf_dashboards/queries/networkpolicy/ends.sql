-- Flows on which a policy decided, once each.
SELECT
  ended,
  {source_end} AS source,
  {destination_end} AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE (ingress_policy IS NOT NULL OR egress_policy IS NOT NULL)
  AND {policy_filter}
