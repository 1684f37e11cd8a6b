// Real sockets and threads: tests that measure floods, threads and descriptors must not see each other's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
