"""What has been stored is read again, and means the same; golden.py says what to do where not."""

import importlib
import inspect
import io
import json
import pickle
import pickletools
import warnings

import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.tree import DecisionTreeRegressor

import skmoe
from skmoe import TRUSTED_TYPES, HMEClassifier, MoERegressor
from skmoe.dask import DaskMoERegressor
from skmoe.estimators import _base
from skmoe.solvers import EM, LBFGS, Adam

from .golden import ANSWERS, BEND, KINDS, TABLE, answers, path

STORED = json.loads(ANSWERS.read_text())


class Reader(pickle.Unpickler):
    """Reads a pickle and notes what packages it takes to do so."""

    packages = frozenset()

    def find_class(self, module, name):
        self.packages |= {module.partition(".")[0]}
        return super().find_class(module, name)


def test_every_kind_is_stored_and_so_are_its_answers():
    assert set(STORED) == set(KINDS) == {file.stem for file in ANSWERS.parent.glob("*.pkl")}


def version_of(stored):
    """The version of skmoe that stands in a pickle, without loading it."""
    words = [own for _, own, _ in pickletools.genops(stored) if isinstance(own, str)]
    return words[words.index("_skmoe_version") + 1]


@pytest.mark.parametrize("name", KINDS)
def test_a_stored_model_answers_as_it_did(name):
    stored = path(name).read_bytes()
    reader = Reader(io.BytesIO(stored))
    with warnings.catch_warnings(record=True, action="always") as told:
        model = reader.load()
    # Models of another version are still read, and one is told of which.
    versions = {own.message.original_sklearn_version for own in told}
    assert versions == {version_of(stored)} - {skmoe.__version__}
    # Nothing else than arrays: other packages would have a say in how long it can be read.
    assert reader.packages == {"numpy", "skmoe"}
    told = answers(name, model)
    tolerance = 1e-6 if name == "float32" else 1e-9
    assert set(told) == set(STORED[name])
    for method, table in STORED[name].items():
        assert_allclose(told[method], table, rtol=tolerance, atol=tolerance, err_msg=method)


@pytest.fixture(params=[MoERegressor, HMEClassifier, DaskMoERegressor])
def model(request):
    return request.param()


def test_a_model_of_another_version_is_loaded_with_a_warning(model, monkeypatch):
    monkeypatch.setattr(_base, "__version__", "0.0.7")
    stored = pickle.dumps(model)
    monkeypatch.undo()
    kind = type(model).__name__
    told = f"{kind} of skmoe from version 0.0.7 when using version {skmoe.__version__}"
    with pytest.warns(InconsistentVersionWarning, match=told):
        again = pickle.loads(stored)
    assert type(again) is type(model) and vars(again) == vars(model)


def test_a_model_without_a_version_is_of_another_one(model):
    with pytest.warns(InconsistentVersionWarning, match="from version unknown when"):
        type(model).__new__(type(model)).__setstate__(vars(model))


def test_a_model_of_this_version_is_loaded_in_silence_and_keeps_no_stamp(model):
    assert model.__getstate__()["_skmoe_version"] == skmoe.__version__
    again = pickle.loads(pickle.dumps(model))
    assert vars(again) == vars(model)


# -- skops, which asks before it makes an object of a type ----------------------------------------


def stored_by_skops(model):
    """A model as it comes back from skops, which trusts nothing but what is ours to name."""
    skops = pytest.importorskip("skops.io", reason="skops is in the group friends, not in test")
    stored = skops.dumps(model)
    assert set(skops.get_untrusted_types(data=stored)) <= set(TRUSTED_TYPES)
    return skops.loads(stored, trusted=TRUSTED_TYPES)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", KINDS)
def test_skops_brings_back_a_model_that_answers_the_same(name):
    model = pickle.loads(path(name).read_bytes())
    assert answers(name, stored_by_skops(model)) == answers(name, model)


@pytest.mark.parametrize("gate", ["softmax", "gaussian", "mlp"])
def test_skops_brings_back_models_that_go_on_learning(gate):
    batch = TABLE, TABLE[:, 1]
    model = MoERegressor(2, gate=gate, random_state=0).partial_fit(*batch)
    again = stored_by_skops(model)
    told = [own.partial_fit(*batch).predict(TABLE) for own in (model, again)]
    assert_array_equal(*told)


@pytest.mark.parametrize("solver", [EM(), Adam(), LBFGS()])
def test_skops_brings_back_the_solver_that_was_given(solver):
    model = MoERegressor(1, solver=solver, random_state=0).fit(TABLE, BEND)
    assert type(stored_by_skops(model).solver) is type(solver)


def test_all_parts_that_users_can_name_are_trusted_and_all_that_is_trusted_is_here():
    here = set()
    for name in TRUSTED_TYPES:
        module, _, own = name.rpartition(".")
        here.add(getattr(importlib.import_module(module), own))
    assert len(here) == len(TRUSTED_TYPES) and TRUSTED_TYPES == sorted(TRUSTED_TYPES)
    for room in ("gates", "experts", "families", "solvers", "dask"):
        module = importlib.import_module(f"skmoe.{room}")
        named = {getattr(module, own) for own in module.__all__}
        parts = {own for own in named if inspect.isclass(own) and issubclass(own, BaseEstimator)}
        # Bases are what nothing is made of.
        assert {own for own in parts - here if not own.__module__.endswith("._base")} == set()


def test_skops_asks_about_the_estimators_that_users_bring():
    skops = pytest.importorskip("skops.io", reason="skops is in the group friends, not in test")
    model = MoERegressor(1, expert=DecisionTreeRegressor(max_depth=1), random_state=0)
    stored = skops.dumps(model.fit(TABLE, TABLE[:, 0]))
    left = set(skops.get_untrusted_types(data=stored)) - set(TRUSTED_TYPES)
    assert left == {"sklearn.tree._tree.Tree"}
    again = skops.loads(stored, trusted=[*TRUSTED_TYPES, *left])
    assert_array_equal(again.predict(TABLE), model.predict(TABLE))
