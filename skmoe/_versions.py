"""What a report of a fault should say of the machine."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from threadpoolctl import threadpool_info

__all__ = ["show_versions"]

_REQUIRED = ["numpy", "scipy", "scikit-learn", "joblib", "array-api-compat", "threadpoolctl"]
_OPTIONAL = ["dask", "distributed", "matplotlib", "pandas", "polars", "pyarrow", "rich"]
_ARRAYS = ["torch", "cupy", "cupy-cuda12x", "cupy-cuda13x"]


def show_versions():
    """Print the versions of what skmoe runs on, for reports of faults.

    Of Python and the system; of the libraries that skmoe needs or can work with, None where one is
    not installed; and of the libraries of native code that have been loaded, with their threads.

    Examples
    --------
    >>> import skmoe
    >>> skmoe.show_versions()
    <BLANKLINE>
    System:
                python: 3...
    """
    # Loaded by now: it is the package that this module is imported by.
    from skmoe import __version__

    packages = {"skmoe": __version__} | {
        name: _installed(name) for name in [*_REQUIRED, *_OPTIONAL, *_ARRAYS]
    }
    _show("System", _system())
    _show("Python packages", packages)
    for library in threadpool_info():
        _show(f"Threads of {library['user_api']}", _native(library))


def _system():
    return {
        "python": sys.version.replace("\n", " "),
        "executable": sys.executable,
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def _installed(name):
    """Version of an installed distribution, which is not imported for it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _native(library):
    """What a pool of threads says of itself, without the folder that it lies in."""
    known = {key: value for key, value in library.items() if key != "user_api"}
    return known | {"filepath": os.path.basename(library["filepath"])}


def _show(title, entries):
    print(f"\n{title}:")
    for name, value in entries.items():
        print(f"{name:>18}: {value}")
