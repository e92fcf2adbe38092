"""What the addresses of the dashboards end in, for the links between them.

The first four are those of antrea-io/theia's dashboards for Snowflake, so that bookmarks go on working.
"""

from __future__ import annotations

HOME = "F_PWNZ44z"
FLOW_RECORDS = "dbxiHWV4k"
POD_TO_POD = "B1t6SZVVz"
NETWORK_POLICY = "LvtkNZ4Vz"
POD_TO_EXTERNAL = "theia-sf-pod-to-external"
POD_TO_SERVICE = "theia-sf-pod-to-service"
NODE_TO_NODE = "theia-sf-node-to-node"
NETWORK_TOPOLOGY = "theia-sf-network-topology"
DROPS = "theia-sf-drops"
INGESTION = "theia-sf-ingestion"
COST = "theia-sf-cost"
