"""A search on many machines, by dask.distributed: the same tasks as several workers explore, and so
the same result.

    search ── broker ── the scheduler ── dask's workers ── explorers

The search, in its process, keeps the frontier (exploration/together.py). A broker beside it talks
to the scheduler. Beside a worker of dask's is an explorer, a process for each of its threads, that
imports the program and explores tasks. So neither what is explored nor dask meets the other: the
first takes over the standard library, the second runs threads and an event loop.

    cluster       the search's side: the broker, and the crew of one search
    broker        tasks in batches to the scheduler, and back
    batching      how many tasks are a batch
    errand        what a worker of dask's is asked to do
    explorer      explores, where nothing else runs
    description   what a search is, so that it can be built elsewhere
    sources       that the program, and verify, are the same there
    companion     a process of ours beside this one
"""
