-- One number about what was denied.
WITH flow AS (
  {flows}
), denial AS (
  {denials}
)
SELECT {number} AS "{title}"
FROM denial
LIMIT 1
