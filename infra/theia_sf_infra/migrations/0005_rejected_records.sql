-- A line that is no flow record is kept whole, with the place it came from; no analysis and no other view sees it.
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS rejectedRecord VARCHAR;
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS sourceFile VARCHAR;
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS sourceFileRow NUMBER(38, 0);
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS loadedAt TIMESTAMP_TZ;
-- COPY GRANTS: a view that is replaced loses what others were granted on it.
CREATE OR REPLACE VIEW {database}.{schema}.PODS
COPY GRANTS
COMMENT = 'Flow records by Pod'
AS SELECT
  flowStartSeconds,
  flowEndSeconds,
  packetDeltaCount,
  octetDeltaCount,
  reversePacketDeltaCount,
  reverseOctetDeltaCount,
  sourcePodName,
  sourcePodNamespace,
  sourceTransportPort,
  sourcePodNamespace || '/' || sourcePodName AS source,
  destinationPodName,
  destinationPodNamespace,
  destinationTransportPort,
  destinationPodNamespace || '/' || destinationPodName AS destination,
  throughput,
  reverseThroughput,
  flowType,
  clusterUUID
FROM {database}.{schema}.FLOWS
WHERE rejectedRecord IS NULL;
CREATE OR REPLACE VIEW {database}.{schema}.POLICIES
COPY GRANTS
COMMENT = 'Flow records by NetworkPolicy'
AS SELECT
  flowEndSeconds,
  octetDeltaCount,
  reverseOctetDeltaCount,
  egressNetworkPolicyName,
  egressNetworkPolicyNamespace,
  egressNetworkPolicyRuleAction,
  ingressNetworkPolicyName,
  ingressNetworkPolicyNamespace,
  ingressNetworkPolicyRuleAction,
  sourcePodName,
  sourcePodNamespace,
  sourceTransportPort,
  destinationIP,
  destinationPodName,
  destinationPodNamespace,
  destinationTransportPort,
  destinationServicePortName,
  destinationServicePort,
  throughput,
  flowType,
  clusterUUID
FROM {database}.{schema}.FLOWS
WHERE rejectedRecord IS NULL;
CREATE OR REPLACE VIEW {database}.{schema}.REJECTED_FLOWS
COPY GRANTS
COMMENT = 'Lines of flow files that could not be read as flow records'
AS SELECT
  sourceFile,
  sourceFileRow,
  loadedAt,
  rejectedRecord
FROM {database}.{schema}.FLOWS
WHERE rejectedRecord IS NOT NULL;
