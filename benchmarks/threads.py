"""What a second core saves: passes and fits by one thread and by several that share the blocks.

"1" is `n_jobs=1`, "2" the number of `--jobs`; "wall" are seconds that pass, "cpu" those of all
cores. Passes are also timed with one thread for the blocks and as many for every product of
matrices ("BLAS"), which a fit does not allow. Each is timed in turn, a while after the one before:
the threads of BLAS go on looking for work. Memory is what the fit of a fresh process adds to the
largest resident memory.

    python benchmarks/threads.py
    python benchmarks/threads.py --jobs 4
"""

import argparse
import subprocess
import sys
import time
from functools import partial

import numpy as np
from _common import build, planted, report, resident

from skmoe import MoERegressor
from skmoe._rows.blocks import thread_pools
from skmoe._rows.statistics import fold
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

PASSES = [(100_000, 10, 4), (100_000, 20, 4), (40_000, 30, 8), (20_000, 100, 16)]
FITS = [(20_000, 10, 4), (200_000, 20, 4), (100_000, 30, 8)]


def taken(calls, repeats):
    """Median seconds of every call, wall and of all cores, in turn after one untimed round."""
    for call in calls:
        call()
    rounds = [[_wall_and_cpu(call) for call in calls] for _ in range(repeats)]
    return np.median(rounds, axis=0)


def _wall_and_cpu(call):
    time.sleep(0.15)
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def passes(jobs, repeats):
    """Rows of the table of passes."""
    for shape in PASSES:
        yield _row(*shape, taken(_passes(*shape, jobs), repeats), jobs)


def _passes(n, d, n_experts, jobs):
    """Calls that make a pass by one thread, by several, and by one that BLAS has several for."""
    X, y, _ = planted(n, d, n_experts, np.random.default_rng(0))
    parts = SoftmaxGate(0.1), LinearExpert(0.1), n_experts
    mixture, one = build(X, y, *parts)
    _, several = build(X, y, *parts, n_jobs=jobs)
    mixture = mixture.with_params(mixture.params + 0.1 * np.sin(np.arange(len(mixture.params))))

    def products_share():
        with thread_pools().limit(limits=jobs, user_api="blas"):
            return fold(mixture.statistics(*block) for block in one)

    return (
        lambda: one.sum(mixture.statistics),
        lambda: several.sum(mixture.statistics),
        products_share,
    )


def fits(jobs, repeats):
    """Rows of the table of fits."""
    for n, d, n_experts in FITS:
        X, y, _ = planted(n, d, n_experts, np.random.default_rng(0))
        models = [MoERegressor(n_experts, n_jobs=own, random_state=0) for own in (1, jobs)]
        row = _row(
            n, d, n_experts, taken([partial(own.fit, X, y) for own in models], repeats), jobs
        )
        assert models[0].objective_ == models[1].objective_
        yield row | {f"{own}: MB": memory(n, d, n_experts, own) for own in (1, jobs)}


def _row(n, d, n_experts, seconds, jobs):
    row = {"n": n, "d": d, "K": n_experts}
    for name, (wall, cpu) in zip([1, jobs, "BLAS"], seconds):
        row |= {f"{name}: wall s": float(wall), f"{name}: cpu s": float(cpu)}
    return row | {"1 / several, wall": float(seconds[0, 0] / seconds[1, 0])}


def memory(n, d, n_experts, n_jobs):
    """Largest memory that a fit adds in a process of its own, in MB."""
    numbers = map(str, (n, d, n_experts, n_jobs))
    command = [sys.executable, __file__, "--memory", *numbers]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_memory(n, d, n_experts, n_jobs):
    """Print what `memory` reads."""
    X, y, _ = planted(n, d, n_experts, np.random.default_rng(0))
    MoERegressor(2, n_jobs=n_jobs, random_state=0).fit(X[:2_000], y[:2_000])
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = resident()
    MoERegressor(n_experts, n_jobs=n_jobs, random_state=0).fit(X, y)
    print(resident() - before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", nargs=4, type=int, help="n, d, K and n_jobs of one fit")
    args = parser.parse_args()
    if args.memory:
        print_memory(*args.memory)
        return
    report("one EM pass", list(passes(args.jobs, args.repeats)))
    report("whole fits", list(fits(args.jobs, args.repeats)))


if __name__ == "__main__":
    main()
