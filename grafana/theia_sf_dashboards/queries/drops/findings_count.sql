-- How many abnormal days there are.
{findings}
SELECT COUNT(*) AS "Findings"
FROM finding
LIMIT 1
