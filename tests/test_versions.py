"""What show_versions prints."""

import os
import platform

import numpy as np
import sklearn
import threadpoolctl

import skmoe


def printed(capsys):
    """The entries that are printed, by title and name."""
    skmoe.show_versions()
    sections = capsys.readouterr().out.strip().split("\n\n")
    lines = [section.splitlines() for section in sections]
    return [
        (head.rstrip(":"), dict(line.strip().split(": ", 1) for line in entries))
        for head, *entries in lines
    ]


def test_versions_are_those_of_what_is_running(capsys):
    (first, system), (second, packages), *_ = printed(capsys)
    assert (first, second) == ("System", "Python packages")
    assert system["python"].startswith(platform.python_version())
    assert packages["skmoe"] == skmoe.__version__
    assert packages["numpy"] == np.__version__
    assert packages["scikit-learn"] == sklearn.__version__
    assert packages["threadpoolctl"] == threadpoolctl.__version__


def test_what_is_not_installed_is_told(capsys, monkeypatch):
    monkeypatch.setattr("skmoe._versions._OPTIONAL", ["no-such-library"])
    _, (_, packages), *_ = printed(capsys)
    assert packages["no-such-library"] == "None"


def test_libraries_of_threads_are_named_without_their_folder(capsys):
    with threadpoolctl.threadpool_limits(1):
        _, _, *found = printed(capsys)
        known = threadpoolctl.threadpool_info()
    assert known and len(found) == len(known)
    for (title, entries), library in zip(found, known):
        assert title == f"Threads of {library['user_api']}"
        assert entries["num_threads"] == "1"
        assert entries["filepath"] == os.path.basename(library["filepath"])
