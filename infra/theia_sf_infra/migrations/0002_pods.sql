-- Flows by Pod: each end as namespace/name.
CREATE VIEW IF NOT EXISTS {database}.{schema}.PODS
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
FROM {database}.{schema}.FLOWS;
