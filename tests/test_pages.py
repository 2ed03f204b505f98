"""The pages of the documentation: their code runs, and the API page leaves nothing out."""

import ast
import contextlib
import importlib
import inspect
import io
import re
import runpy
import textwrap
import tokenize
import tomllib
from itertools import chain
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.utils import estimator_html_repr

import skmoe

from .choosing import FULL

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

if not DOCS.exists():
    pytest.skip("the documentation is not part of this copy of skmoe", allow_module_level=True)

# What begins a block of Python, and the whole block with what it prints, where that is told.
PYTHON = {
    ".rst": (
        ":: python\n",
        r"^\.\. code-block:: python\n(.*?)(?=^\S|\Z)"
        r"(?:^\.\. code-block:: text\n(?P<printed>.*?)(?=^\S|\Z))?",
    ),
    ".md": ("```python\n", r"^```python\n(.*?)^```(?P<printed>)"),
}
COMMAND = r'^ +cd (?P<folder>\S+) && python -c "(?P<code>[^"]*)"$'
PAGES = [DOCS.glob("*.rst"), DOCS.glob("user_guide/*.rst"), DOCS.glob("extending/*.rst")]
TEXTS = {
    path: path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted(chain.from_iterable(PAGES))]
}
# Pages whose blocks need libraries that need not be there.
NEEDED = {"serving.rst": ["onnxruntime", "skl2onnx"]}
# Pages whose blocks take seconds, on topics that the default suite tries elsewhere.
LONG = {"accuracy.rst", "choosing.rst", "data_forms.rst", "large_data.rst"}
SPOKEN = [
    pytest.param(path, marks=FULL if path.name in LONG else [])
    for path, text in TEXTS.items()
    if PYTHON[path.suffix][0] in text
]
COMMANDED = [path for path, text in TEXTS.items() if "python -c" in text]


def name(path):
    return str(path.relative_to(ROOT))


def placed(text, match, group):
    """A block of code after as many empty lines as stand above it on the page."""
    return "\n" * text.count("\n", 0, match.start(group)) + textwrap.dedent(match[group])


def agrees(value, comment):
    """Whether a comment that begins with a number or a shape says what the value is."""
    if number := re.match(r"(-?\d+(?:\.(\d+))?)(?=[ ,;:]|$)", comment):
        slack = 10.0 ** -len(number[2]) if number[2] else 0
        return bool(np.all(np.abs(value - float(number[1])) <= slack))
    if shape := re.match(r"\((\w+(?:, \w+)*),?\)", comment):
        sizes, found = shape[1].split(", "), np.shape(value)
        return len(sizes) == len(found) and all(
            size == str(length) for size, length in zip(sizes, found) if size.isdigit()
        )
    return True


def run(code, path, namespace):
    """Run a block as one who types it in, and look at what it says of its results."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    comments = {t.start[0]: t.string.strip("# ") for t in tokens if t.type == tokenize.COMMENT}
    for statement in ast.parse(code, path).body:
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), path, "eval"), namespace)
        else:
            exec(compile(ast.Module([statement], []), path, "exec"), namespace)
            if not isinstance(statement, ast.Assign):
                continue
            value = namespace.get(ast.unparse(statement.targets[0]))
        line = statement.end_lineno
        comment = comments.get(line, "")
        assert agrees(value, comment), f"{path}:{line}: {comment!r} is said of {value!r}"


def close(told, printed):
    """Whether two words are the same, or two numbers, but for one in the last digit told."""
    decimals = len(told.partition(".")[2])
    try:
        return abs(float(printed) - float(told)) <= (1.01 * 10.0**-decimals if decimals else 0)
    except ValueError:
        return told == printed


def prints(told, printed):
    """Whether words and numbers of a page are those printed; `...` at the end stands for more."""
    told, printed = (re.findall(r"[\[\]]|[^\s\[\]]+", text) for text in (told, printed))
    if told[-1] == "...":
        told, printed = told[:-1], printed[: len(told) - 1]
    return len(told) == len(printed) and all(map(close, told, printed))


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize("path", SPOKEN, ids=name)
def test_the_blocks_of_a_page_run_one_after_the_other(path, monkeypatch):
    for library in NEEDED.get(path.name, []):
        pytest.importorskip(library, reason=f"{library} is not installed")
    # Files that a page shows stand beside it.
    monkeypatch.syspath_prepend(path.parent)
    begin, block = PYTHON[path.suffix]
    found = list(re.finditer(block, TEXTS[path], re.DOTALL | re.MULTILINE))
    assert len(found) == TEXTS[path].count(begin)
    namespace = {}
    for match in found:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            run(placed(TEXTS[path], match, 1), str(path), namespace)
        if match["printed"]:
            assert prints(match["printed"], out.getvalue()), out.getvalue()


@pytest.mark.parametrize("path", COMMANDED, ids=name)
def test_the_commands_of_a_page_run(path, monkeypatch):
    found = list(re.finditer(COMMAND, TEXTS[path], re.MULTILINE))
    assert len(found) == TEXTS[path].count("python -c")
    for match in found:
        monkeypatch.chdir(ROOT / match["folder"])
        monkeypatch.syspath_prepend(ROOT / match["folder"])
        run(placed(TEXTS[path], match, "code"), str(path), {})


def test_a_comment_that_is_wrong_is_found():
    assert agrees(0.976, "0.98, the accuracy") and not agrees(0.95, "0.98, the accuracy")
    assert agrees(2, "2: two") and not agrees(3, "2: two")
    assert agrees(np.ones((5, 2)), "(n, 2)") and not agrees(np.ones((5, 3)), "(n, 2)")
    assert not agrees(np.ones(5), "(n, K)")
    with pytest.raises(AssertionError, match=r"page:3: '2' is said of 1"):
        run("\n\n1  # 2\n", "page", {})


def test_a_print_that_is_wrong_is_found():
    assert prints("R2  0.85\n [[0. 1.]]", "R2 0.8501 [[0. 1.]]")
    assert prints("rows 7 ...", "rows 7\na b")
    for printed in ["R2 0.87", "R2 x", "R3 0.85", "R2 0.85 [", "R2"]:
        assert not prints("R2 0.85", printed)
    assert not prints("rows 750", "rows 751") and not prints("rows 7 ...", "rows")


def test_what_to_install_is_what_the_package_asks_for():
    text, project = TEXTS[DOCS / "getting_started.rst"], ROOT / "pyproject.toml"
    asked = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    assert f"Python {asked['requires-python'].removeprefix('>=')} or later" in text
    (named,) = re.findall(r"built on: ([^.]*)\.", text)
    own = [re.match(r"[\w-]+", requirement)[0] for requirement in asked["dependencies"]]
    assert re.split(r",?\s+(?:and )?", named.lower()) == own
    table = re.findall(r"^``(\w+)`` +[\w ]+: ", text, re.MULTILINE)
    assert sorted(table) == sorted(asked["optional-dependencies"])


def documented():
    """Addresses and values of what the directives of docs/api.rst name."""
    module = None
    for line in TEXTS[DOCS / "api.rst"].splitlines():
        if match := re.match(r"\.\. (?:current)?module:: (\S+)$", line):
            module = match[1]
        elif match := re.match(r"(?:\.\. data::| +) ([\w.]+)$", line):
            address = f"{module}.{match[1]}"
            room, _, own = address.rpartition(".")
            yield address, getattr(importlib.import_module(room), own)


ROOMS = [f"skmoe.{room}" for room in {*dir(skmoe), "dask"} - set(skmoe.__all__)]


@pytest.mark.parametrize("room", ["skmoe", *sorted(ROOMS)])
def test_every_public_name_stands_on_the_api_page(room):
    module, known = importlib.import_module(room), [value for _, value in documented()]
    for own in set(module.__all__) - {"__version__"}:
        assert any(getattr(module, own) is other for other in known), own


def test_modules_can_be_linked_to():
    text = TEXTS[DOCS / "api.rst"]
    # Behind other text Sphinx sets no anchor.
    placed = re.findall(r"^-+\n\n\.\. module:: (\S+)$", text, re.MULTILINE)
    assert placed == re.findall(r"^\.\. module:: (\S+)$", text, re.MULTILINE)
    assert {"skmoe.readers", "skmoe.dask", "skmoe.onnx"} <= set(placed)


def test_diagrams_link_to_the_pages_of_the_reference():
    linked = dict(documented())
    linked = {address: own for address, own in linked.items() if hasattr(own, "_get_doc_link")}
    assert {"skmoe.MoERegressor", "skmoe.gates.TopKGate", "skmoe.solvers.EM"} <= {*linked}
    for address, own in linked.items():
        page = f"https://skmoe.readthedocs.io/en/stable/generated/{address}.html"
        # What a link says depends on the class alone.
        assert own._get_doc_link(own.__new__(own)) == page
    html = estimator_html_repr(skmoe.MoERegressor())
    assert 'href="https://skmoe.readthedocs.io/en/stable/generated/skmoe.MoERegressor.html"' in html


class Mine(skmoe.MoERegressor):
    """A user's own, of which the documentation knows nothing."""


def test_what_users_derive_has_no_link():
    assert Mine()._get_doc_link() == ""


def methods():
    """The public methods that skmoe gives its estimators, once each."""
    found = {}
    for estimator in filter(inspect.isclass, map(skmoe.__dict__.get, skmoe.__all__)):
        for own in dir(estimator):
            method = getattr(estimator, own)
            if not own.startswith("_") and method.__module__.startswith("skmoe"):
                found[method.__qualname__] = method
    return found


@pytest.mark.parametrize("method", methods().values(), ids=methods())
def test_methods_of_estimators_have_docstrings_in_the_form_of_numpydoc(method):
    text = inspect.getdoc(method)
    summary, *sections = re.split(r"\n\n(?=\w[\w ]*\n-+\n)", text)
    assert summary and not summary.startswith("Parameters\n")
    sections = dict(re.split(r"\n-+\n", section, maxsplit=1) for section in sections)
    parameters = [own for own in inspect.signature(method).parameters if own != "self"]
    entries = re.findall(r"^\**(\w+) : ", sections.get("Parameters", ""), re.MULTILINE)
    assert entries == parameters
    assert sections["Returns"]
    # Which doctests run.
    assert f".{method.__name__}(" in sections["Examples"]


def test_the_logo_is_the_one_that_its_script_draws():
    script = runpy.run_path(str(DOCS / "logo.py"))
    assert (DOCS / "_static" / "logo.svg").read_text(encoding="utf-8") == script["drawn"]()
