"""The rooms of the package: which may import which, and where numpy may not be named."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import skmoe

from .mutants import BREAKS, broken

ROOT = Path(skmoe.__file__).parent

# Floors from the ground up: a room imports from its own floor's siblings nothing, from lower
# floors what is listed.
ROOMS = {
    "_rows": set(),
    "_links": set(),
    "_numerics": {"_links", "_rows"},
    "families": {"_links", "_rows", "_numerics"},
    "solvers": {"_links", "_rows"},
    "exceptions": set(),
    "_versions": set(),
    # Names for the stub files.
    "_typing": set(),
    "distribution": {"_rows", "_numerics"},
    "inference": {"_rows"},
    "datasets": {"_rows"},
    "readers": {"_rows"},
    "gates": {"_rows", "_numerics"},
    "experts": {"_rows", "_numerics", "families"},
    "mixture": {"_rows", "_numerics"},
    "starts": {"_rows", "experts", "gates", "mixture", "solvers"},
    "model_selection": {"_rows", "experts", "gates", "starts"},
    "estimators": {"_rows", "_numerics", "distribution", "inference", "families", "gates"}
    | {"exceptions", "experts", "mixture", "solvers", "starts", "model_selection"},
    "inspection": {"_rows", "families", "gates", "estimators"},
    "testing": {"_rows", "_numerics", "families", "gates", "experts", "mixture", "solvers"},
    "dask": {"_rows", "estimators"},
    "onnx": {"_rows", "_numerics", "families", "gates", "experts", "estimators"},
    # The address of what an estimator returns.
    "summary": {"inference"},
}
WITHOUT_NUMPY = {"families", "gates", "experts", "mixture", "solvers", "_numerics"} | {
    "_rows.statistics",
    "_rows.blocks",
    "_rows.scaling",
}
# scikit-learn estimators live on the host, and with them the parts made of them.
ON_THE_HOST = {"gates._estimator", "experts._estimator", "_numerics.estimators"}


def files(room):
    """Files of a room, which is a folder or one file."""
    return sorted((ROOT / room).rglob("*.py")) or [ROOT / f"{room}.py"]


def address(path):
    """Dotted name of a file inside the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


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


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_it_may_and_no_more_is_allowed(room):
    made = set()
    for path in files(room):
        name = address(path)
        banned = name not in ON_THE_HOST and (room in WITHOUT_NUMPY or name in WITHOUT_NUMPY)
        for ours, other in imports(path):
            assert not ours or other == room or other in ROOMS[room], f"{name} imports {other}"
            assert ours or other != "numpy" or not banned, f"{name} names numpy"
            made |= {other} if ours else set()
    assert ROOMS[room] <= made


def test_imports_go_down_eight_floors():
    floors = {}
    while len(floors) < len(ROOMS):
        ready = {
            room: 1 + max((floors[other] for other in below), default=0)
            for room, below in ROOMS.items()
            if room not in floors and below <= set(floors)
        }
        assert ready, f"a cycle among {sorted(set(ROOMS) - set(floors))}"
        floors |= ready
    assert max(floors.values()) <= 8


def test_every_room_is_known_and_users_see_theirs():
    found = {module.name for module in pkgutil.iter_modules([str(ROOT)])}
    assert found == set(ROOMS)
    seen = {name for name in dir(skmoe) if not name.startswith("_")} - set(skmoe.__all__)
    hidden = {"mixture", "starts", "estimators", "dask"}
    assert seen == {room for room in found if not room.startswith("_")} - hidden
    for name in seen:
        room = getattr(skmoe, name)
        assert room is importlib.import_module(f"skmoe.{name}") and room.__all__


def test_the_breaks_that_tests_are_held_against_can_all_be_made():
    for own in BREAKS:
        assert broken(own) != (ROOT / own.file).read_text()
