"""A dask cluster of separate processes on this machine, in a process of its own.

Prints its address, and leaves when nobody holds its input open any more.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    from distributed import LocalCluster

    workers, threads = map(int, sys.argv[1:])
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        print(json.dumps(cluster.scheduler_address), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
