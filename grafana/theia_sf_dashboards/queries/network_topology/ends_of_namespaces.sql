-- Between Namespaces; everything outside of the cluster is one end.
SELECT
  ended,
  COALESCE(source_namespace, '(no Pod)') AS source,
  COALESCE(destination_namespace, SPLIT_PART(service, '/', 1), '(no Pod)') AS destination,
  octets,
  reverse_octets,
  {denied} AS denied
FROM flow
WHERE source_namespace IS NOT NULL
  OR destination_namespace IS NOT NULL
  OR service IS NOT NULL
