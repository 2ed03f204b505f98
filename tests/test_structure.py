"""The floors of the package: imports only go down, and numpy stays out of the middle ones."""

import ast
from pathlib import Path

import pytest

import skmoe

ROOT = Path(skmoe.__file__).parent
FLOORS = [
    {"_arrays", "_validation", "_compat", "_penalty"},
    {"_statistics", "_blocks", "_scaling", "_grouping", "_search"},
    {"families", "_normal_equations", "_covariances", "_part", "_estimators", "_networks"},
    {"gates", "experts"},
    {"_mixture", "_marginal", "distribution"},
    {"solvers", "initialization", "growing", "reviving", "widening", "choosing", "model_selection"}
    | {"inference", "summary", "explaining"},
    {
        "_base",
        "_online",
        "_reading",
        "_reporting",
        "regressor",
        "classifier",
        "hierarchical",
        "datasets",
    },
    {"testing", "inspection"},
]
WITHOUT_NUMPY = {"_statistics", "_blocks", "_scaling", "families", "_normal_equations"} | {
    "_covariances",
    "_grouping",
    "_part",
    "_networks",
    "gates",
    "experts",
    "_mixture",
    "solvers",
}
FILES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def room(path):
    """The file or folder of the package that a file stands in."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def floor(name):
    return next(level for level, names in enumerate(FLOORS) if name in names)


def imports(path):
    """Names of the rooms that a file imports, and of other packages."""
    depth = len(path.relative_to(ROOT).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((False, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield False, node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == depth:
            yield True, node.module.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    own = floor(room(path))
    for ours, name in imports(path):
        if ours and name != room(path):
            assert floor(name) <= own, f"{path.name} imports {name}, which stands above it"
        elif not ours and name == "numpy":
            # scikit-learn estimators live on the host, and with them the parts made of them.
            assert room(path) not in WITHOUT_NUMPY or path.name == "_estimator.py"


def test_there_is_no_cycle_between_rooms():
    rooms = {}
    for path in FILES:
        ours = {name for own, name in imports(path) if own and name != room(path)}
        rooms.setdefault(room(path), set()).update(ours)
    while rooms:
        free = {name for name, needed in rooms.items() if not needed & set(rooms)}
        assert free, f"a cycle among {sorted(rooms)}"
        rooms = {name: needed for name, needed in rooms.items() if name not in free}
