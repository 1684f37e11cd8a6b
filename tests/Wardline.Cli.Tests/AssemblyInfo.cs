// Whole instances with real ports and processes: tests that count what is left behind must not see each other's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
