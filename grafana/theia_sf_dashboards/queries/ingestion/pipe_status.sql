-- What the pipe says of itself now.
WITH told AS (
  SELECT PARSE_JSON(SYSTEM$PIPE_STATUS('FLOWPIPE')) AS status
)
SELECT
  status:executionState::VARCHAR AS "State",
  status:pendingFileCount::NUMBER AS "Pending files",
  status:oldestPendingFilePath::VARCHAR AS "Oldest pending file",
  status:numOutstandingMessagesOnChannel::NUMBER AS "Messages in the queue",
  status:lastReceivedMessageTimestamp::VARCHAR AS "Last message",
  status:lastIngestedTimestamp::VARCHAR AS "Last ingested",
  status:lastIngestedFilePath::VARCHAR AS "Last ingested file",
  status:lastPipeErrorTimestamp::VARCHAR AS "Last error",
  status:error::VARCHAR AS "Error"
FROM told
LIMIT 1
