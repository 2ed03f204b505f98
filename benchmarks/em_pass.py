"""One EM pass against the matrix products that it cannot do without.

The pass is one E-step with all sums and one M-step (`Mixture.statistics` over the blocks, then
`update`). The floor is the same matrix products, of the same shapes and block by block, in the
same process: X' (R (x) X) for the experts, Z' Z and Z' X for the gate, on operands of random
numbers that lie ready in the cache. The two are timed in turn; the ratio is the median over
repetitions of pass over floor.

    python benchmarks/em_pass.py
    python benchmarks/em_pass.py --n 20000 --repeats 20
"""

import argparse

import numpy as np
from _common import build, planted, report, side_by_side

from skmoe._rows.arrays import array_namespace, device
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

SHAPES = [(30, 8), (10, 4), (10, 2), (30, 4), (60, 4), (3, 12)]


def waited(array):
    """Wait for an array, which a device may still compute, by asking for one of its numbers."""
    return float(array[(0,) * array.ndim])


def one_pass(X, y, n_experts, **options):
    """A call that makes one EM pass and waits for it, and the number of rows in its blocks."""
    mixture, blocks = build(X, y, SoftmaxGate(0.1), LinearExpert(0.1), n_experts, **options)
    xp = array_namespace(X)
    ramp = xp.astype(xp.arange(mixture.params.shape[0], device=device(X)), X.dtype)
    mixture = mixture.with_params(mixture.params + 0.1 * xp.sin(ramp))
    return lambda: waited(mixture.update(blocks.sum(mixture.statistics)).params), blocks.length


def floor(n, size, n_experts, length, dtype, rng, to_device=np.asarray):
    """A call that makes the products of one pass and nothing else; it returns the last."""

    def operand(*shape):
        return to_device(rng.standard_normal(shape).astype(dtype))

    free = (n_experts - 1) * size
    rows = min(length, n)
    X = operand(size, rows).T  # column by column, as the design is stored
    root, spread = operand(size, rows), operand(free, rows)
    table = operand(n_experts * size, rows)

    def products():
        for _ in range(-(-n // rows)):
            table @ X
            spread @ spread.T
            last = spread @ root.T
        return last

    return products


def passes(n, shapes, repeats):
    """Rows of the table for each shape and dtype."""
    rng = np.random.default_rng(0)
    for d, n_experts in shapes:
        X, y, _ = planted(n, d, n_experts, rng)
        for dtype in (np.float64, np.float32):
            call, length = one_pass(X.astype(dtype), y.astype(dtype), n_experts)
            products = floor(n, d + 1, n_experts, length, dtype, rng)
            taken = side_by_side([call, products], repeats)
            # X (K D), and the two products of the gate; Z' Z counts the half that is computed.
            D, free = d + 1, (n_experts - 1) * (d + 1)
            flops = 2 * n * D * D * n_experts + n * free * free + 2 * n * free * D
            pass_ms, floor_ms = 1e3 * np.median(taken, axis=0)
            yield {
                "n": n,
                "d": d,
                "K": n_experts,
                "dtype": np.dtype(dtype).name,
                "pass ms": float(pass_ms),
                "floor ms": float(floor_ms),
                "floor GFLOP/s": float(flops / floor_ms / 1e6),
                "ratio": float(np.median(taken[:, 0] / taken[:, 1])),
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--default-only", action="store_true", help="d=30, K=8 alone")
    args = parser.parse_args()
    shapes = SHAPES[:1] if args.default_only else SHAPES
    report("one EM pass against its products", list(passes(args.n, shapes, args.repeats)))


if __name__ == "__main__":
    main()
