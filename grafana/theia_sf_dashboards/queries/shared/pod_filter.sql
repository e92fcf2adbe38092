-- Flows with one of the selected Pods at an end.
(
  '__all' IN (${pod:sqlstring})
  OR sourcePodNamespace || '/' || sourcePodName IN (${pod:sqlstring})
  OR destinationPodNamespace || '/' || destinationPodName IN (${pod:sqlstring})
)
