"""The parts that the documentation writes pass the contract suite."""

import importlib
from pathlib import Path

import pytest

from skmoe import testing
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


def test_a_gate_of_ones_own(written):
    centers = [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    testing.check_gate(written("nearest_gate").NearestGate(centers), backends=BACKENDS)


def test_an_expert_of_ones_own(written):
    expert = written("constant_expert").ConstantExpert()
    testing.check_expert(expert, backends=BACKENDS, families=[Gaussian()])
