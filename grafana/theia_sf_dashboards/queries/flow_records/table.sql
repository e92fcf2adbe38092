-- The newest flow records.
WITH flow AS (
  {flows}
)
SELECT
  started AS "Start",
  ended AS "End",
  cluster AS "Cluster",
  source_pod AS "Source Pod",
  source_ip AS "Source IP",
  source_port AS "Source port",
  source_node AS "Source Node",
  destination_pod AS "Destination Pod",
  destination_ip AS "Destination IP",
  destination_port AS "Destination port",
  destination_node AS "Destination Node",
  service AS "Service",
  {protocol_name} AS "Protocol",
  tcp_state AS "TCP state",
  {flow_type_name} AS "Type",
  octets AS "Bytes",
  reverse_octets AS "Reverse bytes",
  packets AS "Packets",
  reverse_packets AS "Reverse packets",
  ingress_policy AS "Ingress policy",
  ingress_rule AS "Ingress rule",
  {ingress_action_name} AS "Ingress action",
  egress_policy AS "Egress policy",
  egress_rule AS "Egress rule",
  {egress_action_name} AS "Egress action",
  egress AS "Egress"
FROM flow
WHERE {policy_filter}
ORDER BY ended DESC
LIMIT {row_limit}
