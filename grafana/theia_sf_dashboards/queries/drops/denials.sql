-- What policies dropped (2) or rejected (3), a row for each record and each end at which one did, and whom it hit: who was
-- not reached on ingress, who did not get through on egress, as drop-detection counts it.
SELECT
  *,
  CASE direction
    WHEN 'ingress' THEN COALESCE(destination_pod, destination_ip)
    ELSE {source_end}
  END AS endpoint
FROM (
  {decisions}
) AS decision
WHERE action IN (2, 3)
