"""Switch on scipy's array API support, and threads off, before anything imports scipy."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"
# Tests run side by side: a product that takes all cores would fight the others. Here, for what is
# loaded later and for the processes that tests start.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import warnings
from importlib.util import find_spec

import pytest

# Scripts: pytest looks for doctests in what it can import.
collect_ignore = ["stubs.py", "user_script.py"]

# Made tables need not be those that a mixture is for; pages and docstrings are strict.
ABOUT_THE_DATA = ("AlikeExperts", "ConstantGate", "IdleExpert", "RoundedTargets", "Separation")

# Rooms whose examples need libraries that need not be there.
FRIENDS = {"onnx": ["onnx", "skl2onnx"]}


# Once it is known which tests run.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    ignored = (f"ignore::skmoe.exceptions.{name}Warning" for name in ABOUT_THE_DATA)
    about_the_data = pytest.mark.filterwarnings(*ignored)
    for item in items:
        for library in FRIENDS.get(item.path.parent.name, []):
            if find_spec(library) is None:
                item.add_marker(pytest.mark.skip(reason=f"{library} is not installed"))
        if item.path.parent.name == "tests" and item.path.name != "test_pages.py":
            item.add_marker(about_the_data, append=False)


def pytest_configure(config):
    # array-api-strict says which version of the standard it follows; that is not about skmoe.
    warnings.filterwarnings("ignore", module="array_api_strict")


def pytest_report_header(config):
    """One line on the array libraries that nothing is tried on, for they are not here."""
    from skmoe.testing import missing

    return f"not tried: {', '.join(missing()) or 'nothing, all array libraries are here'}"


@pytest.fixture
def keyboard():
    """Interruptions arrive, also where the tests run in the background of a shell."""
    import signal

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# -- clusters of Dask, for the tests that ask for one ---------------------------------------------

TWO_WORKERS = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}  # any free port
# A cluster stands until the last test has run: it need not look at itself a hundred times a second.
UNWATCHED = {
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.profile.interval": "1s",
}


def _cluster():
    import dask
    from distributed import LocalCluster

    with dask.config.set(UNWATCHED):
        return LocalCluster(**TWO_WORKERS, silence_logs=50)


@pytest.fixture(scope="session")
def cluster():
    """Two workers, processes of their own, for all tests that do them no harm."""
    with _cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(cluster):
    """The current client, while the tests of a file run."""
    from distributed import Client

    with Client(cluster) as client:
        yield client


@pytest.fixture
def own_client():
    """A client of two workers that a test may kill."""
    from distributed import Client

    with _cluster() as cluster, Client(cluster, set_as_default=False) as client:
        yield client
