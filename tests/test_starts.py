"""Where a fit starts: kinds of cells, and the race of what they lead to."""

import pytest

from skmoe import MoERegressor
from skmoe.gates import ConstantGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.starts._race import Run, _best

from .data import two_lines


def test_one_start_of_every_hill_goes_on_and_degenerate_ones_last():
    evidence = [-30.0, 0.0, -1e-9, -80.0, -5.0, 50.005, -5.0]
    runs = [Run(at, None, value, [], at == 5) for at, value in enumerate(evidence)]
    for keep in range(1, 6):
        chosen = [run.index for run in _best(runs, keep, weight=100.0)]
        assert chosen == [1, 4, 0, 3, 5][:keep]


@pytest.mark.parametrize(
    ("gate", "n_starts"),
    [
        (SoftmaxGate(), 8),
        (TopKGate(SoftmaxGate(columns=[0]), k=2), 8),
        (ConstantGate(), 4),
        (SoftmaxGate(columns=[]), 4),
        (TopKGate("constant", k=2), 4),
        (HierarchicalGate("constant"), 4),
    ],
    ids=str,
)
def test_a_gate_that_looks_at_no_column_starts_from_targets_only(gate, n_starts):
    """Two of every kind of cells: of the columns alone, and of columns and targets."""
    X, y = two_lines(200)
    model = MoERegressor(3, gate=gate, random_state=0).fit(X, y)
    assert len(model.start_histories_) == n_starts
