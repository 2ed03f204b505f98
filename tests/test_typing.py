"""What type checkers are told of skmoe."""

import ast
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import skmoe

pytest.importorskip("dask", reason="the stub file of skmoe.dask is among them")

from . import stubs

ROOT = Path(skmoe.__file__).parents[1]
SCRIPT = Path(__file__).with_name("user_script.py")


def parsed(text):
    """Where names are imported from, in any order, and all else."""
    body = ast.parse(text).body
    imports = [own for own in body if isinstance(own, ast.ImportFrom)]
    names = {(own.module, own.level, name.name) for own in imports for name in own.names}
    return names, [ast.dump(own) for own in body if own not in imports]


@pytest.mark.parametrize("module", stubs.MODULES)
def test_stub_files_tell_what_signatures_and_docstrings_say(module):
    text = stubs.file(module).read_text(encoding="utf-8")
    assert parsed(text) == parsed(stubs.stub(module)), "run `python tests/stubs.py`"


def test_the_package_says_that_it_has_types():
    assert (ROOT / "skmoe" / "py.typed").exists()


def test_words_of_docstrings_become_types():
    given = {
        "int, default=4": "Int",
        'float or "auto", default="auto"': 'Float | Literal["auto"]',
        '{"full", "diag"}, default="full"': 'Literal["full", "diag"]',
        "array-like of shape (n_samples,) or (n_samples, n_outputs), default=None": "Values",
        "array-like of shape (n_samples, n_features) or reader": "Values | Reader",
        "{array-like, sparse matrix} of shape (n_samples, n_features)": "Values",
        "int, tuple of int or None, default=None": "Int | Sequence[Int] | None",
        "str, gate or classifier": "str | Gate | Fittable",
    }
    answered = {
        "list of tuple of int": "list[tuple[int, ...]]",
        "dict of str to ndarray of shape (n_numbers,)": "dict[str, ndarray[Any, Any]]",
        "array of shape (n_samples[, n_outputs], n_quantiles)": "Array",
    }
    for text, kind in given.items():
        assert stubs.annotation(text, given=True) == kind
    for text, kind in answered.items():
        assert stubs.annotation(text) == kind
    with pytest.raises(ValueError, match="The type 'flot' is not understood"):
        stubs.annotation("int or flot")


@pytest.mark.full
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_finds_what_is_wrong_in_a_script_and_nothing_else(tmp_path):
    settings = ["--strict", "--follow-imports=silent", "--allow-subclassing-any"]
    settings += ["--disable-error-code=import-untyped", "--no-pretty", "--config-file="]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, f"--cache-dir={tmp_path}", str(SCRIPT)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^(.*):(\d+): error: (.*)", done.stdout, re.MULTILINE)
    assert {Path(path).name for path, _, _ in found} == {SCRIPT.name}, done.stdout + done.stderr
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert {int(number) for _, number, _ in found} == wrong, done.stdout
    first = next(message for _, number, message in found if "n_expert=2" in lines[int(number) - 1])
    assert 'did you mean "n_experts"' in first
