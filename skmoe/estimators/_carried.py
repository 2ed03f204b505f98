"""Methods that take what users give of a row beside X, y and its weight."""

import inspect
import re
from functools import wraps
from textwrap import indent

import numpy as np

from .._rows.carried import NOTHING, Carried
from ._reader import is_reader

__all__ = ["NOTHING", "carrying", "check_named", "check_takes"]

_DOCS = {
    "exposure": """\
exposure : float, str or array-like of shape (n_samples,), default=None
    What every row has been exposed to (persons, years, area), above 0, for families with a
    log link: their mean is `exposure` times a rate, of which the experts predict the
    logarithm. A str names a column of X, which is no feature then.""",
    "offset": """\
offset : float, str or array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    Known term of the experts' linear predictors: a column with the coefficient 1.""",
    "trials": """\
trials : float, str or array-like of shape (n_samples,), default=None
    Number of trials, above 0, of which y is the share of successes: for family="binomial",
    where y has not two columns, successes and trials.""",
    "groups": """\
groups : str or array-like of shape (n_samples,), default=None
    Who or what every row is of (a person, a site): all rows of a group share one latent
    expert, and the gate looks at the mean of their columns.""",
}


def carrying(*keys):
    """A method that takes such columns by keyword, and is given them as `carried`."""

    def decorate(method):
        signature = inspect.signature(method)
        own = [p for name, p in signature.parameters.items() if name != "carried"]
        more = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None) for key in keys
        ]

        @wraps(method)
        def with_columns(self, *args, **words):
            carried = Carried.asked(words, keys)
            words = {key: value for key, value in words.items() if key not in keys}
            if is_reader(args[0] if args else words.get("X")):
                check_named(carried, "a reader")
            return method(self, *args, carried=carried, **words)

        with_columns.__signature__ = signature.replace(parameters=[*own, *more])
        with_columns.__doc__ = _documented(method.__doc__, keys)
        return with_columns

    return decorate


def check_named(carried, what):
    """Raise a ValueError if columns are given as values beside rows that are not at hand."""
    if carried.groups is not None:
        raise ValueError(
            f"groups was given with {what}, but the rows of a group share an expert and are needed "
            "together. Fit rows in memory, or a sample of whole groups."
        )
    if any(np.ndim(value) > 0 for value in carried.given().values()):
        raise ValueError(
            f"exposure or offset was given as values beside {what}; names of columns are allowed. "
            "Let X be data frames with such a column."
        )


def check_takes(settings, record):
    """Raise a ValueError if parts or the solver do not take what rows carry."""
    if record.offsets and not settings.expert.takes_offsets:
        raise ValueError(
            f"exposure or offset was given for {type(settings.expert).__name__}, whose predictors "
            "take no known term. Use linear experts or networks; for a rate, divide y by the "
            "exposure and pass the exposure as sample_weight."
        )
    if not record.grouped:
        return
    if settings.solver.stochastic:
        raise ValueError(
            "groups was given for the solver Adam (that of networks), which draws single rows. "
            "Pass solver='lbfgs'."
        )
    if settings.depth is not None:
        raise ValueError(
            "groups was given with grow=True, which holds out single rows. Pass grow=False."
        )


def _documented(doc, keys):
    """A docstring with more parameters, behind the others."""
    # Python run with -OO has no docstrings.
    if doc is None:
        return None
    head, rule, rest = re.split(r"(\n *Parameters\n *-+\n)", doc, maxsplit=1)
    margin = re.match(r" *", rest)[0]
    known, gap, after = re.split(r"(\n *\n|$)", rest, maxsplit=1)
    told = "".join("\n" + indent(_DOCS[key], margin) for key in keys)
    return head + rule + known.rstrip() + told + gap + after
