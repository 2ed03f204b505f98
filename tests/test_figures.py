"""The pictures of the documentation: drawn without a warning, shown by a page, told in words."""

import re
import runpy
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = DOCS / "figures"

if not FIGURES.exists():
    pytest.skip("the documentation is not part of this copy of skmoe", allow_module_level=True)

SCRIPTS = {path.stem: path for path in sorted(FIGURES.glob("[!_]*.py"))}
PICTURE = re.compile(
    r"^(?P<in> *)\.\. plot:: figures/(?P<name>\w+)\.py\n(?P<body>(?:(?P=in)    .*\n|\n)*)",
    re.MULTILINE,
)
TEXTS = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("**/*.rst"))}
SHOWN = [match for text in TEXTS.values() for match in PICTURE.finditer(text)]
CHAPTERS = [path for path in TEXTS if path.parent.name == "user_guide" and path.stem != "index"]
# They say what to call and what comes out; there is no shape in it.
WITHOUT_PICTURE = {"serving", "storing"}


def drawn(path):
    """The one figure that a script leaves open, as red, green and blue of every dot."""
    with plt.rc_context():
        runpy.run_path(str(path))
        (number,) = plt.get_fignums()
        canvas = plt.figure(number).canvas
        canvas.draw()
        plt.close(number)
    return np.array(canvas.buffer_rgba(), dtype=float)[:, :, :3]


@pytest.mark.full
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_picture_is_drawn_without_a_warning_and_the_same_each_time(name, monkeypatch):
    # As the pages run them: in their own folder.
    monkeypatch.chdir(FIGURES)
    monkeypatch.syspath_prepend(FIGURES)
    first, again = drawn(SCRIPTS[name]), drawn(SCRIPTS[name])
    assert first.std() > 0
    # Of 255: the last bit of a number may move the edge of a letter, and nothing else.
    assert np.abs(first - again).mean() < 0.05


def test_every_picture_is_shown_once():
    assert sorted(match["name"] for match in SHOWN) == sorted(SCRIPTS)


@pytest.mark.parametrize("match", SHOWN, ids=lambda match: match["name"])
def test_a_picture_has_a_text_in_its_place_and_a_caption(match):
    options, caption = match["body"].split("\n\n", 1)
    (text,) = re.findall(r"^ +:alt: (.+)$", options, re.MULTILINE)
    assert len(text.split()) > 5
    assert caption.strip().endswith(".")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_opens_with_a_picture(path):
    first = PICTURE.search(TEXTS[path])
    section = re.search(r"^.+\n-+$", TEXTS[path], re.MULTILINE)
    opens = first is not None and first.start() < section.start()
    assert opens is (path.stem not in WITHOUT_PICTURE)
