-- The name of an IP protocol, or its number.
CASE protocol
  WHEN 1 THEN 'ICMP'
  WHEN 6 THEN 'TCP'
  WHEN 17 THEN 'UDP'
  WHEN 58 THEN 'ICMPv6'
  WHEN 132 THEN 'SCTP'
  ELSE TO_VARCHAR(protocol)
END
