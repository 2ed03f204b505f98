"""What the benchmarks share: timing, tables, the line that names the machine, planted data."""

import json
import platform
import time
from datetime import date

import numpy as np
import scipy
import sklearn
from scipy.special import log_softmax
from threadpoolctl import threadpool_info

import skmoe
from skmoe._rows.arrays import block_length
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.scaling import learn_scaling
from skmoe.estimators._preparation import Units
from skmoe.families import Gaussian
from skmoe.mixture import Mixture

__all__ = [
    "build",
    "environment",
    "one_hot",
    "planted",
    "report",
    "resident",
    "seconds",
    "side_by_side",
]


def environment():
    """Date, machine and versions, as a dict."""
    try:
        with open("/proc/cpuinfo") as file:
            kinds = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        machine = f"{kinds[0]}, {len(kinds)} cores"
    except (OSError, IndexError):
        machine = platform.processor() or platform.machine()
    threads = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "date": date.today().isoformat(),
        "machine": machine,
        "blas_threads": max(threads, default=None),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "skmoe": skmoe.__version__,
    }


def resident():
    """Largest resident memory of this program so far, in MB.

    Not `ru_maxrss`, which begins at that of the process that started this one.
    """
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["VmHWM"].split()[0]) / 1024


def seconds(call, clock=time.perf_counter):
    """Seconds that one call takes, and its answer."""
    begin = clock()
    answer = call()
    return clock() - begin, answer


def side_by_side(calls, repeats, clock=time.perf_counter):
    """Seconds of several calls, (repeats, len(calls)), taken in turn after one untimed round.

    Calls that are compared are timed next to each other, so that a change in the machine's load
    meets both.
    """
    for call in calls:
        call()
    return np.array([[seconds(call, clock)[0] for call in calls] for _ in range(repeats)])


def report(title, rows):
    """Print a list of dicts as a table, then the same with the environment as one JSON line."""
    settings = environment()
    print(f"\n{title}\n{', '.join(f'{key} {value}' for key, value in settings.items())}\n")
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names] + [[_text(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(names))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)))
    print(
        "\n" + json.dumps({"benchmark": title, "environment": settings, "rows": rows}), flush=True
    )


def _text(value):
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


def planted(n, d, n_experts, rng, *, n_test=0, sharpness=8.0, noise=0.1):
    """Rows of a mixture with sharp gates: X, y, the true mean, then the same of the test rows.

    x ~ N(0, I); gate logits `sharpness` (W x / sqrt(d) + c), W ~ N(0, 1), c ~ 0.3 N(0, 1); expert
    means 2 b.x / sqrt(d) + a, with a, b ~ N(0, 1).
    """
    W, c = rng.standard_normal((n_experts, d)), 0.3 * rng.standard_normal(n_experts)
    b, a = rng.standard_normal((n_experts, d)), rng.standard_normal(n_experts)

    def draw(rows):
        X = rng.standard_normal((rows, d))
        gate = np.exp(log_softmax(sharpness * (X @ W.T / d**0.5 + c), axis=1))
        means = 2 * X @ b.T / d**0.5 + a
        expert = (gate.cumsum(axis=1) < rng.uniform(size=(rows, 1))).sum(axis=1)
        expert = np.minimum(expert, n_experts - 1)
        y = means[np.arange(rows), expert] + noise * rng.standard_normal(rows)
        return X, y, (gate * means).sum(axis=1)

    return (*draw(n), *draw(n_test)) if n_test else draw(n)


def one_hot(n, levels, n_numeric, n_experts, rng):
    """Numbers beside features of so many levels, some of them rare, and labels: X and y.

    Every level has a column of zeros and ones. Gate logits 3 W z / sqrt(d) and log odds of an
    expert 2 b.z / sqrt(d) - 1 of the scaled columns z, with W, b ~ N(0, 1).
    """
    drawn = [rng.choice(size, n, p=rng.dirichlet(np.full(size, 0.5))) for size in levels]
    columns = [np.eye(size)[level] for size, level in zip(levels, drawn)]
    X = np.hstack([rng.standard_normal((n, n_numeric)), *columns])
    d, spread = X.shape[1], X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
    W, b = rng.standard_normal((2, d, n_experts)) / d**0.5
    expert = (3 * Z @ W + rng.gumbel(size=(n, n_experts))).argmax(axis=1)
    odds = 2 * (Z @ b)[np.arange(n), expert] - 1
    return X, (rng.logistic(size=n) < odds).astype(int)


def build(X, y, gate, expert, n_experts, family=None, **options):
    """Mixture, not yet fitted (of Gaussian experts unless told), and its blocks, as in `fit`."""
    y = y[:, None]
    family = (family or Gaussian()).initialize(y)
    units = Units(learn_scaling(X, None, constant_spread=float("inf")), family.units)
    length = block_length(X, n_experts * (X.shape[1] + 1 + family.n_outputs))
    blocks = ArrayBlocks(X, y, None, prepare=units.prepare, **{"length": length, **options})
    design, _, _ = blocks.first()
    mixture = Mixture(
        gate.initialize(n_experts, design), expert.initialize(n_experts, design, family)
    )
    return mixture, blocks
