"""Docstrings of the public names in numpydoc's form, by numpydoc's own validation."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import skmoe.exceptions
from skmoe.experts import Expert
from skmoe.families import Family
from skmoe.gates import Gate
from skmoe.solvers import Explored, Memory, Solver, Trace

API = Path(__file__).parents[1] / "docs" / "api.rst"

pytestmark = pytest.mark.full
if not API.exists():
    pytest.skip("the documentation is not part of this copy of skmoe", allow_module_level=True)

# What docstrings here do in their own way.
OWN_WAY = {
    "ES01": "a summary that says all needs no more",
    "SA01": "a link stands where it helps",
    "SS05": "a summary may be a noun, of which some end in s",
    "RT02": "what is answered may have a name",
    "RT03": "a type with shapes, below a summary that says what is answered, says all",
}
# Of these a type with shapes says all, too.
EVERYWHERE = r'Parameter "(X|y|sample_weight|random_state)" has no description'

PARTS = (Gate, Expert, Family, Solver)
# The contracts of parts are told once, in words and shapes, on the pages of their bases.
OF_CONTRACTS = {"PR01", "PR02", "PR07", "RT01", "EX01"}

# What users do not make, or only catch, needs no example.
WITHOUT_EXAMPLE = {*PARTS, Explored, Memory, Trace, skmoe.inference.Summary}
WITHOUT_EXAMPLE |= {skmoe.model_selection.Selection, skmoe.testing.Backend}
WITHOUT_EXAMPLE |= {getattr(skmoe.exceptions, name) for name in skmoe.exceptions.__all__}


def listed():
    """Addresses and objects on the page of the reference, and the methods of classes, once each."""
    module, seen = None, set()
    for line in API.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\.\. (?:current)?module:: (\S+)$", line):
            module = match[1]
        elif match := re.match(r" {4}([\w.]+)$", line):
            *rooms, name = f"{module}.{match[1]}".split(".")
            own = getattr(importlib.import_module(".".join(rooms)), name)
            yield f"{module}.{match[1]}", own
            for address, method in methods(f"{module}.{match[1]}", own):
                function = getattr(method, "__func__", method)
                if function not in seen:
                    seen.add(function)
                    yield address, method


def methods(address, cls):
    for name in dir(cls) if inspect.isclass(cls) else ():
        method = getattr(cls, name)
        ours = getattr(method, "__module__", None) or ""
        if callable(method) and not name.startswith("_") and ours.startswith("skmoe"):
            yield f"{address}.{name}", method


NAMES = dict(listed())


def is_of_a_part(address):
    owner = NAMES.get(address.rpartition(".")[0])
    return inspect.isclass(owner) and issubclass(owner, PARTS)


def is_excused(address, code, message):
    """Whether a fault that numpydoc finds is none here."""
    own = NAMES[address]
    is_method = address.rpartition(".")[0] in NAMES
    if code in OWN_WAY or (code == "PR07" and re.fullmatch(EVERYWHERE, message)):
        return True
    if code == "EX01" and (is_method or own in WITHOUT_EXAMPLE):
        return True
    if code == "PR01" and inspect.isclass(own):
        # What skmoe makes has its parameters as attributes.
        names = re.findall(r"'(\w+)'", message)
        return all(re.search(rf"^ *(\w+, )*{name}(, \w+)* : ", own.__doc__, re.M) for name in names)
    return is_of_a_part(address) and code in OF_CONTRACTS


@pytest.mark.parametrize("address", NAMES)
def test_docstrings_are_in_the_form_of_numpydoc(address):
    numpydoc = pytest.importorskip("numpydoc.validate", reason="numpydoc is not installed")
    errors = numpydoc.validate(address)["errors"]
    assert not [error for error in errors if not is_excused(address, *error)]


def test_every_kind_of_name_is_looked_at():
    assert len(NAMES) > 300
    assert {"skmoe.MoERegressor.fit", "skmoe.gates.SoftmaxGate.update"} <= set(NAMES)
    assert not is_excused("skmoe.MoERegressor.fit", "PR01", "Parameters {'X'} not documented")
    assert not is_excused("skmoe.MoERegressor", "EX01", "No examples section found")
