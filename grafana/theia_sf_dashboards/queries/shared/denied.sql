-- Dropped (2) or rejected (3) at either end.
(ingress_action IN (2, 3) OR egress_action IN (2, 3))
