"""An EM pass and a whole fit on a GPU through CuPy, beside NumPy on all cores.

For every number of rows and both precisions: the seconds of one EM pass on the device, of the
same matrix products alone on the device (the floor, as in em_pass.py), of the pass on NumPy with
one thread per core, and of MoERegressor(n_experts=K).fit on both. d = 30, K = 8. Results are
waited for: a call ends once a number of its result has reached the host.

    python benchmarks/gpu.py
    python benchmarks/gpu.py --rows 1000000 --no-fit
    python benchmarks/gpu.py --library torch --rows 10000

Where there is no device it says so and ends. With --library torch the arrays are torch tensors,
on a CUDA device if torch has one and otherwise on the CPU, which measures no GPU but shows that
the script runs.
"""

import argparse
import os
from importlib import import_module

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy is imported; fits dispatch on it

import numpy as np
import sklearn
from _common import planted, report, seconds, side_by_side
from em_pass import floor, one_pass, waited

from skmoe import MoERegressor


def open_library(name):
    """A function that brings NumPy arrays to the device, and the device's name or why not."""
    try:
        library = import_module(name)
    except ImportError as error:
        return None, f"{name} cannot be imported ({error})"
    if name == "torch":
        device = "cuda" if library.cuda.is_available() else "cpu"
        return lambda x: library.asarray(x, device=device), f"torch on {device}"
    try:
        count = library.cuda.runtime.getDeviceCount()
    except library.cuda.runtime.CUDARuntimeError as error:
        return None, f"CuPy found no CUDA device ({error})"
    if not count:
        return None, "CuPy found no CUDA device"
    return library.asarray, library.cuda.runtime.getDeviceProperties(0)["name"].decode()


def fit(X, y, n_experts):
    """Seconds and passes of a whole fit, on arrays of any library."""
    model = MoERegressor(n_experts=n_experts, n_jobs=-1, random_state=0)
    with sklearn.config_context(array_api_dispatch=True):
        taken, _ = seconds(lambda: waited(model.fit(X, y).expert_coef_))
    return taken, model.n_iter_


def measure(n, args, dtype, to_device):
    """One row of the table."""
    d, n_experts = args.columns, args.experts
    rng = np.random.default_rng(0)
    X, y, _ = planted(n, d, n_experts, rng)
    X, y = X.astype(dtype), y.astype(dtype)
    X_device, y_device = to_device(X), to_device(y)

    device_pass, length = one_pass(X_device, y_device, n_experts)
    products = floor(n, d + 1, n_experts, length, dtype, rng, to_device)
    calls = [device_pass, lambda: waited(products())]
    device = np.median(side_by_side(calls, args.repeats), axis=0)
    numpy_pass, _ = one_pass(X, y, n_experts, n_jobs=-1)
    numpy_seconds = np.median(side_by_side([numpy_pass], args.repeats))
    row = {
        "n": n,
        "dtype": np.dtype(dtype).name,
        "pass ms": float(1e3 * device[0]),
        "products ms": float(1e3 * device[1]),
        "pass / products": float(device[0] / device[1]),
        "NumPy pass ms": float(1e3 * numpy_seconds),
        "times faster": float(numpy_seconds / device[0]),
    }
    if args.no_fit:
        return row
    fit(X_device[:5000], y_device[:5000], n_experts)  # kernels are compiled on first use
    row["fit s"], row["passes"] = fit(X_device, y_device, n_experts)
    if n <= args.most_numpy_fit:
        row["NumPy fit s"], row["NumPy passes"] = fit(X, y, n_experts)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=["cupy", "torch"], default="cupy")
    rows = [10_000, 100_000, 1_000_000, 10_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=rows)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--experts", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-fit", action="store_true", help="EM passes only")
    parser.add_argument("--most-numpy-fit", type=int, default=1_000_000, metavar="N")
    args = parser.parse_args()
    to_device, device = open_library(args.library)
    if to_device is None:
        print(f"Nothing measured: {device}.")
        return
    table = [
        measure(n, args, dtype, to_device) for n in args.rows for dtype in (np.float64, np.float32)
    ]
    report(f"{args.library} ({device}) beside NumPy on {os.cpu_count()} cores", table)


if __name__ == "__main__":
    main()
