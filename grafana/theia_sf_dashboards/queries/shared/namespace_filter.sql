-- Flows with an end in one of the selected Namespaces.
(
  '__all' IN (${namespace:sqlstring})
  OR sourcePodNamespace IN (${namespace:sqlstring})
  OR destinationPodNamespace IN (${namespace:sqlstring})
)
