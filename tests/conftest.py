"""Switch on scipy's array API support before anything imports scipy."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"

import warnings

import pytest

# Made tables need not be those that a mixture is for; pages and docstrings are strict.
ABOUT_THE_DATA = ("AlikeExperts", "ConstantGate", "IdleExpert", "Separation")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "tests" and item.path.name != "test_pages.py":
            for name in ABOUT_THE_DATA:
                mark = pytest.mark.filterwarnings(f"ignore::skmoe.exceptions.{name}Warning")
                item.add_marker(mark, append=False)


def pytest_configure(config):
    # array-api-strict says which version of the standard it follows; that is not about skmoe.
    warnings.filterwarnings("ignore", module="array_api_strict")


def pytest_report_header(config):
    """One line on the array libraries that nothing is tried on, for they are not here."""
    from skmoe.testing import missing

    return f"not tried: {', '.join(missing()) or 'nothing, all array libraries are here'}"


@pytest.fixture(autouse=True, scope="session")
def _one_thread_per_worker():
    """Tests run side by side: a product that takes all cores would fight the others."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
