"""Rows that are read or lie on a cluster against rows in memory: seconds a pass, memory, traffic.

Tables are of float32 and made on the fly, from a seed for every 65,536 rows. A pass is the sum of
the statistics of an EM step, the best of three (of one from 1e7 rows on). "read s" is what a pass
costs that does nothing with the rows; the reader makes the next batch in a thread, so on two cores
it costs less than that. "beyond start MB" is the largest resident memory of a process that fits
from the reader (or of the table and its fit), less what it had before.
Of the cluster, "empty s" is a pass that adds up a zero of every block, and "moved kB" what a pass
sends to each partition and what comes back from it, pickled.

    OPENBLAS_NUM_THREADS=1 python benchmarks/large.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/large.py --rows 300000 3000000 --cluster-rows 1000000
"""

import argparse
import json
import math
import subprocess
import sys
import warnings
from functools import partial

import cloudpickle
import numpy as np
from _common import report, resident, seconds
from sklearn.exceptions import ConvergenceWarning

from skmoe import MoERegressor
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.carried import NOTHING, Given

COLUMNS, EXPERTS, BATCH = 20, 4, 65_536
ROWS, CLUSTER_ROWS = [3_000_000, 30_000_000], 10_000_000
PARTITIONS = 8

# Of the model of a large cluster: rows, columns, workers, partitions, and a network of 10 Gbit/s.
FAR_ROWS, FAR_COLUMNS, FAR_WORKERS, FAR_PARTITIONS, FAR_BYTES = 1e9, 50, 100, 400, 1.25e9


def batch(index, n, d=COLUMNS):
    """Rows of planes that meet at borders, those of one seed."""
    rng = np.random.Generator(np.random.SFC64(index))
    X = rng.random((n, d), dtype=np.float32)
    y = np.where(X[:, 0] > 0.5, X[:, 1] - X[:, 2], X[:, 3] * 2 - 1)
    return X, y + 0.1 * rng.standard_normal(n, dtype=np.float32)


class Made:
    """A reader of n rows."""

    def __init__(self, n):
        self.n = n

    def __call__(self):
        for index, first in enumerate(range(0, self.n, BATCH)):
            yield batch(index, min(BATCH, self.n - first))


def model():
    warnings.simplefilter("ignore", ConvergenceWarning)
    return MoERegressor(EXPERTS, max_iter=3, tol=0, random_state=0)


def best(call, n):
    """Seconds of the fastest of three calls; of very many rows, of one."""
    return min(seconds(call)[0] for _ in range(3 if n < 10_000_000 else 1))


def one_fit(holder, n):
    """Fit n rows, time passes, and print the figures as JSON."""
    reader, before = Made(n), resident()
    row = {"rows held by": holder, "n": n}
    if holder == "memory":
        X, y = np.empty((n, COLUMNS), np.float32), np.empty(n, np.float32)
        for index, first in enumerate(range(0, n, BATCH)):
            rows = slice(first, min(first + BATCH, n))
            X[rows], y[rows] = batch(index, rows.stop - first)
        row["fit s"], fitted = seconds(lambda: model().fit(X, y))
        row["beyond start MB"] = resident() - before
        blocks = fitted._units.seen(ArrayBlocks(X, y[:, None]))
    else:
        row["fit s"], fitted = seconds(lambda: model().fit_blocks(reader))
        row["beyond start MB"] = resident() - before
        row["read s"] = best(lambda: [None for _ in reader()], n)
        blocks = fitted._weighted_rows(Given(reader, None, None, NOTHING), "score")
    row["pass s"] = best(lambda: blocks.sum(fitted._mixture.statistics), n)
    row["us a row"] = 1e6 * row["pass s"] / n
    row["log likelihood"] = fitted.log_likelihood_
    print(json.dumps(row))


def reader_against_memory(rows):
    found = []
    for n in rows:
        for holder in ("memory", "reader"):
            command = [sys.executable, __file__, "--one-fit", holder, str(n)]
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found.append(json.loads(answer.stdout.splitlines()[-1]))
        memory, reader = found[-2:]
        reader["times memory"] = reader["pass s"] / memory["pass s"]
        over = reader["pass s"] - reader["read s"]
        reader["times memory, less reading"] = over / memory["pass s"]
        reader["same"] = reader["log likelihood"] == memory["log likelihood"]
    return found


def on_workers(n, fitted):
    """Rows of the table of the cluster: one worker process, and two."""
    import dask.array as da
    from dask import delayed
    from distributed import Client, LocalCluster

    from skmoe.dask import DaskMoERegressor
    from skmoe.dask._workers import Workers

    # Whole multiples of a block, so that the bits are those in memory.
    each = math.ceil(n / PARTITIONS / 2048) * 2048
    sizes = [min(each, n - first) for first in range(0, n, each)]
    statistics = fitted._mixture.statistics
    for workers in (1, 2):
        options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
        with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:
            pieces = [delayed(batch, nout=2)(index, size) for index, size in enumerate(sizes)]
            X, y = (
                da.concatenate(
                    [
                        da.from_delayed(piece[side], (size, *shape), dtype=np.float32)
                        for piece, size in zip(pieces, sizes)
                    ]
                )
                for side, shape in enumerate([(COLUMNS,), ()])
            )
            own = DaskMoERegressor(EXPERTS, max_iter=3, tol=0, random_state=0, client=client)
            warnings.simplefilter("ignore", ConvergenceWarning)
            few = slice(0, sizes[0])
            taken, _ = seconds(partial(own.fit, X[few], y[few]))
            own._workers = Workers(client)
            blocks = own._weighted_rows(Given(X, y, None, NOTHING), "score")
            row = {
                "workers": workers,
                "n": n,
                "fit of one partition, s": taken,
                "pass s": best(partial(blocks.sum, statistics), 1),
                "empty s": best(partial(blocks.seen(None).sum, _nothing), 1),
                "log likelihood": own.log_likelihood_,
            }
            sent = len(cloudpickle.dumps((statistics, blocks.prepare)))
            back = len(cloudpickle.dumps(fitted._mixture.statistics(*blocks.first())))
            row["moved kB"] = f"{sent / 1e3:.0f} + {back / 1e3:.0f}"
            own._workers.release()
        yield row


def _nothing(X, y, weight):
    return 0.0


def large_cluster(overhead):
    """A pass over 1e9 x 50 rows by 100 workers, from measured parts."""
    X, y = batch(0, 20 * 2048, FAR_COLUMNS)
    fitted = model().fit(X, y)
    blocks = fitted._units.seen(ArrayBlocks(X, y[:, None]))
    a_row = best(lambda: blocks.sum(fitted._mixture.statistics), len(X)) / len(X)
    moved = len(cloudpickle.dumps(fitted._mixture.statistics(*blocks.first())))
    depth = math.ceil(math.log(FAR_PARTITIONS, 8))
    work = FAR_ROWS / FAR_WORKERS * a_row
    # Every level of the tree waits for eight tables of sums at one worker.
    tree = depth * 8 * moved / FAR_BYTES
    tasks = overhead * FAR_PARTITIONS * (1 + 1 / 7)
    return {
        "rows": FAR_ROWS,
        "columns": FAR_COLUMNS,
        "workers": FAR_WORKERS,
        "partitions": FAR_PARTITIONS,
        "us a row": 1e6 * a_row,
        "work s": work,
        "sums kB": moved / 1e3,
        "levels": depth,
        "tree s": tree,
        "tasks s": tasks,
        "pass s": work + tree + tasks,
        "efficiency": work / (work + tree + tasks),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="*", type=int, default=ROWS)
    parser.add_argument("--cluster-rows", type=int, default=CLUSTER_ROWS)
    parser.add_argument("--one-fit", nargs=2, metavar=("HOLDER", "N"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_fit:
        one_fit(args.one_fit[0], int(args.one_fit[1]))
        return
    if args.rows:
        report(f"n x {COLUMNS}, K={EXPERTS}: read and in memory", reader_against_memory(args.rows))
    X, y = batch(0, BATCH)
    one, two = on_workers(args.cluster_rows, model().fit(X, y))
    two["times faster"] = one["pass s"] / two["pass s"]
    two["same"] = one["log likelihood"] == two["log likelihood"]
    report(f"n x {COLUMNS}, K={EXPERTS}: on a cluster of processes", [one, two])
    report("a large cluster, on paper", [large_cluster(two["empty s"] / (PARTITIONS + 1))])


if __name__ == "__main__":
    main()
