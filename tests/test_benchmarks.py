"""Every benchmark runs, on few rows: what they measure is for a quiet machine, not for tests."""

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"

if not FOLDER.exists():
    pytest.skip("the benchmarks are not part of this copy of skmoe", allow_module_level=True)

# They warn of fits cut short, and time what other libraries do.
pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]

SMALL = {
    "calibration": "--tables diabetes --models auto",
    "compare": "--quick --only pass",
    "convergence": "--rows 200 --seeds 1",
    "defaults": "--regimes tent --seeds 1",
    "em_pass": "--n 2000 --repeats 1",
    "experts": "--tables families",
    "gpu": "--library torch --rows 500 --columns 3 --experts 2 --repeats 1 --no-fit",
    "large": "--rows 3000 --cluster-rows 3000",
    "memory": "--rows 1000 --max-iter 2",
    "neural": "--quick",
    "prediction": "--rows 1000",
    "quality": "{folder} --models 'linear,skmoe linear' --store {folder}/scores.json",
    "quantiles": "--rows 300",
    "recovery": "--rows 200 --columns 2 --seeds 1",
    "routing": "--quick",
    "scaling": "--rows 1000 --tables rows",
    "selection": "number --repeats 1",
    "small_fits": "--rows 200 --repeats 1",
    "threads": "--jobs 1 --repeats 1",
}


# What has no option: sizes that stand in the code.
CHANGED = {
    "calibration": {"FOLDS": 3, "REPEATS": 1},
    "large": {"BATCH": 4096, "FAR_COLUMNS": 5, "PARTITIONS": 2},
    "selection": {"CRITERIA": ["bic"]},
    "threads": {"PASSES": [(2000, 3, 2)], "FITS": [(2000, 3, 2)]},
}

# A folder as `quality.py` takes it.
SUITE = """
from sklearn.datasets import load_diabetes

def list_sets():
    return ["diabetes"]

def meta(name):
    return {
        "task": "regression", "n": 442, "d": 10, "exposure": None, "text": None, "categorical": []
    }

def load(name):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X, y.to_numpy(), meta(name)

def splits(name):
    return [(range(300), range(300, 442))]
"""

# Libraries that need not be there.
NEEDED = {"gpu": "torch"}


def test_every_benchmark_is_run():
    assert {path.stem for path in FOLDER.glob("[!_]*.py")} == set(SMALL)


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs(name, monkeypatch, capsys, tmp_path):
    if library := NEEDED.get(name):
        pytest.importorskip(library, reason=f"{library} is not in the group test")
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", [name, *shlex.split(SMALL[name].format(folder=tmp_path))])
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tmp_path.joinpath("suite.py").write_text(SUITE)
    for constant, value in CHANGED.get(name, {}).items():
        monkeypatch.setattr(module, constant, value)
    module.main()
    found = "skmoe linear: RMSE" if name == "quality" else '"benchmark": '
    assert found in capsys.readouterr().out
