"""Partitions of rows that stay on the workers of a Dask cluster, and what is done to them."""

from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from sys import maxsize
from uuid import uuid4

import cloudpickle
import dask
from distributed import Client, as_completed, rejoin, secede
from distributed.worker import thread_state

from .._rows.blocks import one_blas_thread
from .._rows.statistics import fold

__all__ = ["Workers"]

# A power of two: a tree of pairwise folds of so many is the pairwise fold of all.
_FOLDED_AT_ONCE = 8

# A function with more bytes travels once to each worker and not with each task.
_LARGE = 100_000


class Workers:
    """Holds partitions where they are made, and brings back only what functions of them give.

    Parameters
    ----------
    client : distributed.Client or None
        None takes the client that dask would use, and where there is none dask's local scheduler.
    """

    def __init__(self, client=None):
        self.client = _current_client() if client is None else _usable(client)
        self._held = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def __reduce__(self):
        raise TypeError(
            "Workers hold a connection to a cluster, which cannot be pickled; tasks and fitted "
            "estimators take what they need from it, not the connection itself."
        )

    def hold(self, make, rows):
        """Handles of `make(index, X, y, sample_weight)` of every partition.

        `rows` are as `partitions` gives them. Returns when all have been made.
        """
        make = dask.delayed(partial(_made, make), pure=False)
        return self._kept([make(*own) for own in enumerate(rows)])

    def turn(self, f, parts, *extra):
        """Handles of `f(part, *extra)`, which are held in place of the parts."""
        turned = self._kept(self._tasks(_Job(f, extra), parts))
        if self.client is not None:
            _release(parts)
            self._held = [part for part in self._held if part not in parts]
        return turned

    def _kept(self, tasks):
        """Handles of what tasks make, which stays where it is made."""
        with self._waiting():
            if self.client is None:
                return list(dask.persist(*tasks))
            parts = self.client.compute(tasks)
            try:
                for part in as_completed(parts, loop=self.client.loop):
                    if part.status in ("error", "cancelled"):
                        _raise(part, parts.index(part))
            except BaseException:
                _release(parts)
                raise
        self._held += parts
        return parts

    def each(self, f, parts, *extra):
        """Results of `f(part, *extra)`, in the order of the parts."""
        return self._results(self._tasks(_Job(f, extra), parts))

    def fold(self, f, parts, *extra):
        """Statistics `f(part, *extra)`, added up pairwise by index on the workers."""
        level = self._tasks(_Job(f, extra), parts)
        folded = dask.delayed(fold, pure=False)
        while len(level) > 1:
            groups = range(0, len(level), _FOLDED_AT_ONCE)
            level = [folded(level[first : first + _FOLDED_AT_ONCE]) for first in groups]
        return self._results(level)[0]

    def release(self):
        """Let go of all partitions that are held."""
        _release(self._held)
        self._held = []

    def _tasks(self, job, parts):
        if self.client is None or len(cloudpickle.dumps(job)) <= _LARGE:
            task = dask.delayed(job, pure=False)
            return [task(part) for part in parts]
        sent = dask.delayed(job, pure=False, traverse=False)
        task = dask.delayed(_done, pure=False)
        return [task(sent, part, dask_key_name=f"{job.__name__}-{uuid4()}") for part in parts]

    def _results(self, tasks):
        with self._waiting():
            if self.client is None:
                return list(dask.compute(*tasks))
            # Beyond ten megabytes Dask advises to load the data with it; these are parameters.
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": maxsize}):
                futures = self.client.compute(tasks)
            try:
                return self.client.gather(futures)
            finally:
                # Not left to the garbage: a traceback would keep them, and the work for them.
                _release(futures)

    @contextmanager
    def _waiting(self):
        """While tasks run: keep out of their way, and say in words what goes wrong with them.

        Tasks in this process share its cores, so each gets one BLAS thread; processes of workers
        have been started with one by their nannies.
        """
        with one_blas_thread:
            if self.client is None:
                yield
                return
            _usable(self.client)
            try:
                with _stepping_aside():
                    yield
            except CancelledError as error:
                _usable(self.client)
                raise RuntimeError(
                    f"Partitions are gone that Dask cannot make again ({error}): data that were "
                    "sent with client.scatter are lost with their worker, and all when the client "
                    "restarts or cancels them. Load the data on the workers "
                    "(dask.dataframe.read_parquet, dask.array.from_array of a file on a disk that "
                    "all see, client.map over paths), and fit again."
                ) from error


def _current_client():
    """The client that dask would use now, inside of a task as well; None without one."""
    client = getattr(dask.base.get_scheduler(), "__self__", None)
    return _usable(client) if isinstance(client, Client) else None


def _usable(client):
    if not isinstance(client, Client):
        raise TypeError(
            f"client is a {type(client).__name__}: a distributed.Client is taken, or None for the "
            "current one. Give Client(cluster) or Client(address of the scheduler)."
        )
    if client.asynchronous:
        raise ValueError(
            "client is asynchronous: fit waits for its results, so a client is needed that waits. "
            "Make one with Client(..., asynchronous=False)."
        )
    if client.status != "running":
        raise RuntimeError(
            f"The Dask client is {client.status}, and what it held on the workers is gone: a "
            "running client is needed. Connect with a new Client and fit again."
        )
    return client


@contextmanager
def _stepping_aside():
    """Inside a task: leave its place on the worker to the tasks that it is about to wait for."""
    if not hasattr(thread_state, "execution_state"):
        yield
        return
    try:
        secede()
    except KeyError:  # the task has left its place itself
        yield
        return
    try:
        yield
    finally:
        rejoin()


def _raise(part, index):
    """Raise the error of a partition, and say which it is of."""
    try:
        part.result()
    except Exception as error:
        error.add_note(f"That was partition {index}.")
        raise


def _release(futures):
    for future in futures:
        future.release()


class _Job:
    """`f(part, *extra)`, as an object of which dask does not look inside for collections."""

    def __init__(self, f, extra):
        self.f, self.extra = f, extra
        self.__name__ = getattr(f, "__name__", type(f).__name__)  # shown on the dashboard

    def __call__(self, part):
        return self.f(part, *self.extra)


def _done(job, part):
    return job(part)


def _made(make, index, rows):
    """`make` of one partition, whose rows must be as many for all."""
    X = rows[0]
    for name, x in zip(("y", "sample_weight"), rows[1:]):
        if x is not None and x.shape[0] != X.shape[0]:
            raise ValueError(
                f"Partition {index} has {X.shape[0]} rows of X and {x.shape[0]} of {name}: it must "
                f"hold the same rows of both. Take X and {name} from one DataFrame, or give dask "
                "arrays whose chunk sizes are known (compute_chunk_sizes)."
            )
    return make(index, *rows)
