"""Files around the package agree with one another, and their links lead somewhere."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import skmoe

ROOT = Path(__file__).parents[1]

if not (ROOT / ".github").exists():
    pytest.skip("no copy of the whole repository", allow_module_level=True)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("*.md")}


def found(pattern, *path):
    """All that a pattern finds in a file."""
    return re.findall(pattern, ROOT.joinpath(*path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TEXTS)
def test_links_within_the_repository_lead_to_files(name):
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXTS[name]):
        assert (ROOT / target).is_file(), target


def test_versions_of_python_are_the_same_everywhere():
    told = [own.split(" :: ")[-1] for own in PROJECT["project"]["classifiers"]]
    versions = [own for own in told if re.fullmatch(r"3\.\d+", own)]
    assert PROJECT["project"]["requires-python"] == f">={versions[0]}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{versions[0].replace('.', '')}"
    (matrix,) = found(r"python: \[(.*)\]", ".github", "workflows", "ci.yml")
    assert matrix.replace('"', "").split(", ") == versions
    assert found(r"python-(3\.\d+)_to_(3\.\d+)-", "README.md") == [(versions[0], versions[-1])]


def test_the_linter_of_commits_is_the_one_that_is_pinned():
    (pinned,) = [own for own in PROJECT["dependency-groups"]["lint"] if own.startswith("ruff==")]
    assert found(r"ruff-pre-commit\n +rev: v(.*)", ".pre-commit-config.yaml") == [pinned[6:]]


def test_addresses_are_those_of_the_project():
    urls = PROJECT["project"]["urls"]
    assert found(r"repository-code: (.*)", "CITATION.cff") == [urls["Source"]]
    assert found(r"\nurl: (.*)", "CITATION.cff") == [urls["Documentation"]]
    files = [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.y*ml")]
    known = tuple(urls.values())
    for path in files:
        for address in re.findall(r"https://[^\s)\"'`]*skmoe[^\s)\"'`]*", path.read_text()):
            own = address.startswith((*known, "https://pypi.org/project/skmoe/"))
            assert own, f"{path.name}: {address}"


def test_the_package_index_is_shown_absolute_links():
    pytest.importorskip("hatchling", reason="the package is not built here")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    metadata = {"urls": PROJECT["project"]["urls"], "version": skmoe.__version__}
    module.CustomMetadataHook(str(ROOT), {}).update(metadata)
    source, tag = "https://github.com/skmoe/skmoe", f"v{skmoe.__version__}"
    text = metadata["readme"]["text"]
    assert not re.search(r"\]\((?!https?:)", text)
    assert f"({source}/blob/{tag}/LICENSE)" in text
    pictures = source.replace("github.com", "raw.githubusercontent.com")
    assert f"]({pictures}/{tag}/docs/_static/quickstart.png)" in text


def test_the_citation_and_the_changelog_are_of_this_version():
    version, (date,) = skmoe.__version__, found(r"date-released: \"(.*)\"", "CITATION.cff")
    assert found(r"\nversion: (.*)", "CITATION.cff") == [version]
    newest, *_ = found(r"\n(\S+) \((\d{4}-\d\d-\d\d)\)\n-+\n", "docs", "changelog.rst")
    assert newest == (version, date)
