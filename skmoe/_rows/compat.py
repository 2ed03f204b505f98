"""Private scikit-learn interfaces, and stand-ins where an older version lacks them."""

import inspect

from sklearn.cluster import kmeans_plusplus
from sklearn.utils._array_api import get_namespace_and_device
from sklearn.utils.extmath import row_norms
from sklearn.utils.validation import _check_sample_weight

__all__ = [
    "CallbackSupportMixin",
    "VisualBlock",
    "any_thread_may_resize",
    "check_same_namespace",
    "checked_weight",
    "get_namespace_and_device",
    "has_callbacks",
    "move_to",
    "seeds",
    "with_callbacks",
]

try:
    from threadpoolctl import OpenBLASController

    _clear = OpenBLASController.clear_controlling_thread
except (ImportError, AttributeError):  # threadpoolctl < 3.8 lets every thread do so

    def any_thread_may_resize():
        """Let the thread that asks next resize the pools of BLAS."""

else:

    def any_thread_may_resize():
        """Let the thread that asks next resize the pools of BLAS.

        OpenBLAS would listen to the one that asked first alone, as long as that lives.
        """
        _clear(force=True)


try:
    from sklearn.utils._repr_html.estimator import _VisualBlock as VisualBlock
except ImportError:  # scikit-learn < 1.8
    from sklearn.utils._estimator_html_repr import _VisualBlock as VisualBlock

try:
    from sklearn.utils._array_api import check_same_namespace, move_to
except ImportError:  # scikit-learn < 1.9

    def move_to(*arrays, xp, device):
        """Arrays in one namespace and on one device."""
        moved = [None if a is None else xp.asarray(a, device=device) for a in arrays]
        return moved[0] if len(moved) == 1 else moved

    def check_same_namespace(X, estimator, *, attribute, method):
        """Older versions have no rule for this."""


try:
    from sklearn.cluster._kmeans import _kmeans_plusplus

    def seeds(X, number, weight, random_state):
        """Rows that k-means++ draws; checking them takes five times as long as drawing them."""
        norms = row_norms(X, squared=True)
        return _kmeans_plusplus(X, number, norms, weight, random_state)[0]

except ImportError:

    def seeds(X, number, weight, random_state):
        """Rows that k-means++ draws."""
        return kmeans_plusplus(X, number, sample_weight=weight, random_state=random_state)[0]


_SOME_ZERO = (
    {"allow_all_zero_weights": True}  # in newer versions of scikit-learn
    if "allow_all_zero_weights" in inspect.signature(_check_sample_weight).parameters
    else {}
)


def checked_weight(weight, X):
    """Weights of rows as floats, which may all be zero."""
    return _check_sample_weight(weight, X, **_SOME_ZERO)


def has_callbacks(estimator):
    """Whether any callback listens to the fits of an estimator."""
    return bool(getattr(estimator, "_skl_callbacks", []))


try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9

    class _NoContext:
        """A callback context that nobody listens to."""

        def subcontext(self, **_):
            return self

        def call_on_fit_task_begin(self, **_):
            return self

        def call_on_fit_task_end(self, **_):
            return False

    class CallbackSupportMixin:
        """Callbacks came with scikit-learn 1.9: here they are never called."""

        def _init_callback_context(self, **_):
            return _NoContext()

    def with_callbacks(method):
        """Nothing to tear down."""
        return method
