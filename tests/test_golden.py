"""What has been stored is read again, and means the same; golden.py says what to do where not."""

import io
import json
import pickle

import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import InconsistentVersionWarning

import skmoe
from skmoe import HMEClassifier, MoERegressor
from skmoe.dask import DaskMoERegressor
from skmoe.estimators import _base

from .golden import ANSWERS, KINDS, answers, path

STORED = json.loads(ANSWERS.read_text())


class Reader(pickle.Unpickler):
    """Reads a pickle and notes what packages it takes to do so."""

    packages = frozenset()

    def find_class(self, module, name):
        self.packages |= {module.partition(".")[0]}
        return super().find_class(module, name)


def test_every_kind_is_stored_and_so_are_its_answers():
    assert set(STORED) == set(KINDS) == {file.stem for file in ANSWERS.parent.glob("*.pkl")}


# Models of another version are still read, and one is told.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", KINDS)
def test_a_stored_model_answers_as_it_did(name):
    reader = Reader(io.BytesIO(path(name).read_bytes()))
    model = reader.load()
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
