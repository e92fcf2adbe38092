-- The time range for a variable, see variables.py.
rejectedRecord IS NULL
  AND flowEndSeconds > TO_TIMESTAMP_TZ($__from, 3)
  AND flowEndSeconds < TO_TIMESTAMP_TZ($__to, 3)
