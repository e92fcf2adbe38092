-- What Antrea added after 1.13: L7 flows (1.15 to 2.5), the Egress Node (2.0), the Service's own address (2.7).
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS destinationServiceIP VARCHAR;
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS appProtocolName VARCHAR;
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS httpVals VARCHAR;
ALTER TABLE {database}.{schema}.FLOWS ADD COLUMN IF NOT EXISTS egressNodeName VARCHAR;
