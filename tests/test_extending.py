"""The parts that the documentation writes pass the contract suite."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from skmoe import MoERegressor, testing
from skmoe.families import Gaussian

FOLDER = Path(__file__).parents[1] / "docs" / "extending"

# They are written with NumPy.
BACKENDS = testing.BACKENDS[:2]


@pytest.fixture
def written(monkeypatch):
    """Import a module of the documentation by its name."""
    monkeypatch.syspath_prepend(FOLDER)
    if not FOLDER.exists():
        pytest.skip("the documentation is not part of this copy of skmoe")
    return importlib.import_module


def test_a_family_of_ones_own(written):
    testing.check_family(written("exponential").Exponential(), backends=BACKENDS)


def test_a_family_of_ones_own_learns_from_a_reader(written):
    rng = np.random.default_rng(0)
    X, weight = rng.uniform(size=(5000, 1)), rng.integers(1, 4, 5000)
    y = rng.exponential(np.where(X[:, 0] < 0.5, 1.0, 10.0))
    model = MoERegressor(2, family=written("exponential").Exponential(), random_state=0)

    def reader():
        yield from zip(*(np.split(part, 5) for part in (X, y, weight)))

    expected = model.fit(X, y, weight).expert_coef_
    np.testing.assert_allclose(model.fit_blocks(reader).expert_coef_, expected, rtol=1e-5)
    y[4500] = 0
    with pytest.raises(ValueError, match=r"^Batch 4 of the reader: y has values of zero or less"):
        model.fit_blocks(reader)


def test_a_gate_of_ones_own(written):
    centers = [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    testing.check_gate(written("nearest_gate").NearestGate(centers), backends=BACKENDS)


def test_an_expert_of_ones_own(written):
    expert = written("constant_expert").ConstantExpert()
    testing.check_expert(expert, backends=BACKENDS, families=[Gaussian()])


def test_the_number_of_experts_of_ones_own_is_chosen(written):
    x = np.linspace(-1, 1, 100)[:, None]
    y = np.where(x[:, 0] > 0, 5.0, 1.0) + 0.1 * np.sin(50 * x[:, 0])
    expert = written("constant_expert").ConstantExpert()
    assert MoERegressor("auto", expert=expert, random_state=0).fit(x, y).n_experts_ == 2


def test_weights_of_ones_own_are_not_taken_for_coefficients(written):
    class Weighty(written("constant_expert").ConstantExpert):
        weights = "a word that means something else here"

    x = np.linspace(-1, 1, 50)[:, None]
    model = MoERegressor(2, expert=Weighty(), random_state=0).fit(x, np.sign(x[:, 0] - 0.01))
    assert not hasattr(model, "expert_coef_")
    with pytest.raises(ValueError, match="Standard errors of Weighty"):
        model.inference(x, np.sign(x[:, 0] - 0.01))
