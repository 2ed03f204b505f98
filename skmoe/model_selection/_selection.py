"""The choice of the number of experts."""

from itertools import repeat

from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._rows.carried import Carried, Given
from .._rows.validation import check_choice, check_count
from ..starts._widening import fewest_experts, fit_path, with_experts
from ._choosing import CRITERIA, Selection, Trials, has_evidence, held_out, splitter

__all__ = ["Selection", "aic_scorer", "bic_scorer", "icl_scorer", "select_n_experts"]


def select_n_experts(
    estimator,
    X,
    y,
    *,
    n_experts=range(1, 9),
    criterion="bic",
    cv=5,
    sample_weight=None,
    exposure=None,
    offset=None,
    groups=None,
    trials=None,
):
    r"""Choose the number of experts: the lowest criterion, or the highest held-out density.

    The numbers are tried in ascending order. A fit with one expert more than the last starts from
    that one: splits of its largest experts and an expert for the rows it explains worst are
    compared after short climbs. Numbers that do not follow each other are fitted on their own, and
    so are mixtures that are averaged, hierarchical, neural or made of estimators. These fits are
    climbed to a tolerance of 1e-4 per row, the choice then to that of the estimator. One expert is
    always a candidate; degenerate fits never are.

    Parameters
    ----------
    estimator : MoERegressor, MoEClassifier or Pipeline
        A Pipeline ends with one of these. Its steps are fitted once, or once a fold.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    n_experts : iterable of int, default=range(1, 9)
        Numbers to try; 1 is added.
    criterion : {"bic", "icl", "aic", "evidence", "cv"}, default="bic"
        "bic", "icl" and "aic" are those of the estimator. "evidence" is BIC in which the
        coefficients with estimated penalties count by the volume that the data leave them, and
        not by their number: defined for linear experts with `alpha="auto"`, and gates that are
        constant or have `alpha="auto"`. "cv" is the mean log density of held-out
        rows; chosen is the smallest number that is not behind the best by more than one standard
        error of their differences.
    cv : int or cross-validation splitter, default=5
        For "cv" only; an int is the number of folds of shuffled rows, stratified by label for
        classifiers.
    sample_weight : array-like of shape (n_samples,), default=None
        A row of weight 2 counts as two rows.
    exposure, offset, groups, trials : str or array-like, default=None
        As of `fit`. With groups, "bic" counts groups, and folds hold out whole groups.

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        If a setting is not as described, the criterion is not defined for the estimator, or a
        number of experts cannot be fitted.

    See Also
    --------
    bic_scorer : For a search over other settings at the same time.

    References
    ----------
    .. [1] Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
    .. [2] Biernacki, C., Celeux, G. & Govaert, G. (2000). Assessing a mixture model for clustering
       with the integrated completed likelihood. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 22, 719-725.
    .. [3] MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4, 415-447.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.model_selection import select_n_experts
    >>> x = np.linspace(-1, 1, 300).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.1 * np.random.default_rng(0).standard_normal(300)
    >>> selection = select_n_experts(MoERegressor(random_state=0), x, y, n_experts=range(1, 5))
    >>> selection.best_n_experts_
    2
    """
    check_choice(criterion, "criterion", CRITERIA)
    carried = Carried(exposure, offset, groups, trials)
    steps, mixture = _taken_apart(estimator)
    random_state = mixture.random_state
    if random_state is None:
        # The choice is fitted twice, and both times alike.
        mixture = clone(mixture).set_params(
            random_state=check_random_state(None).randint(2**31 - 1)
        )
    if criterion == "evidence" and not has_evidence(mixture):
        raise ValueError(
            f"criterion='evidence' was given for {mixture!r}; linear experts with alpha='auto' and "
            "a gate that is constant or has alpha='auto' are allowed. Use criterion='bic' or 'cv'."
        )
    numbers = [n_experts] if isinstance(n_experts, (int, str)) else n_experts
    numbers = {check_count(number, "n_experts") for number in numbers}
    numbers = sorted({fewest_experts(mixture), *numbers})
    table = X if steps is None else steps.fit_transform(X, y)
    densities = repeat(None)
    if criterion == "cv":
        known = carried.parted(X)[1].groups
        folds = list(splitter(cv, mixture, known).split(X, y, known))
        whole = Given(X, y, sample_weight, carried)
        densities = held_out(steps, mixture, whole, numbers, folds)
    given = Given(table, y, sample_weight, carried)
    trials = Trials(mixture, given)
    path = fit_path(mixture, given.fit, numbers)
    for fitted, density in zip(path, densities, strict=False):
        trials.add(fitted, density)
    selection, rough = trials.selection(criterion)
    best = with_experts(mixture, rough.n_experts)
    given.fit(best, trials.narrower(rough))
    best.set_params(random_state=random_state)
    return selection._replace(best_estimator_=_put_together(estimator, steps, best))


def bic_scorer(estimator, X, y):
    """Minus the Bayesian criterion (BIC) of a fitted mixture on the rows given; higher is better.

    For the `scoring` of a search. With folds, it is the criterion of the held-out rows; to
    compare fits on the rows that they were fitted to, the one fold is all rows twice.

    Parameters
    ----------
    estimator : MoERegressor, MoEClassifier or Pipeline
        Fitted. A Pipeline ends with a mixture.
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skmoe import MoERegressor
    >>> from skmoe.model_selection import bic_scorer
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.1 * np.random.default_rng(0).standard_normal(200)
    >>> rows = np.arange(200)
    >>> grid = {"n_experts": [1, 2], "gate": ["softmax", "constant"]}
    >>> model = MoERegressor(n_init=5, random_state=0)
    >>> search = GridSearchCV(model, grid, scoring=bic_scorer, cv=[(rows, rows)]).fit(x, y)
    >>> search.best_params_
    {'gate': 'softmax', 'n_experts': 2}
    """
    mixture, X = _last_step(estimator, X)
    return -mixture.bic(X, y)


def aic_scorer(estimator, X, y):
    """Minus Akaike's criterion of a fitted mixture on the rows given; higher is better.

    Parameters
    ----------
    estimator : MoERegressor, MoEClassifier or Pipeline
        Fitted. A Pipeline ends with a mixture.
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    float

    See Also
    --------
    bic_scorer : How to use it in a search.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.datasets import make_crossing_lines
    >>> from skmoe.model_selection import aic_scorer
    >>> X, y = make_crossing_lines(random_state=0)
    >>> two, one = (MoERegressor(k, random_state=0).fit(X, y) for k in (2, 1))
    >>> aic_scorer(two, X, y) > aic_scorer(one, X, y)
    True
    """
    mixture, X = _last_step(estimator, X)
    return -mixture.aic(X, y)


def icl_scorer(estimator, X, y):
    """Minus the integrated complete likelihood (ICL) on the rows given; higher is better.

    Parameters
    ----------
    estimator : MoERegressor, MoEClassifier or Pipeline
        Fitted. A Pipeline ends with a mixture.
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    float

    See Also
    --------
    bic_scorer : How to use it in a search.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.datasets import make_crossing_lines
    >>> from skmoe.model_selection import icl_scorer
    >>> X, y = make_crossing_lines(random_state=0)
    >>> two, one = (MoERegressor(k, random_state=0).fit(X, y) for k in (2, 1))
    >>> icl_scorer(two, X, y) > icl_scorer(one, X, y)
    True
    """
    mixture, X = _last_step(estimator, X)
    return -mixture.icl(X, y)


def _last_step(estimator, X):
    """The mixture at the end of a fitted pipeline, and what reaches it."""
    if not isinstance(estimator, Pipeline):
        return estimator, X
    return estimator[-1], estimator[:-1].transform(X) if len(estimator) > 1 else X


def _taken_apart(estimator):
    """The steps before the mixture, not fitted (None for none), and the mixture."""
    mixture, steps = estimator, None
    if isinstance(estimator, Pipeline):
        mixture = estimator[-1]
        steps = clone(estimator[:-1]) if len(estimator) > 1 else None
    if "n_experts" not in mixture.get_params(deep=False):
        raise ValueError(
            f"estimator={mixture!r} was given, which has no n_experts; a MoERegressor or a "
            "MoEClassifier is allowed, or a Pipeline that ends with one. Trees of experts grow "
            "by themselves: pass grow=True to them."
        )
    return steps, mixture


def _put_together(estimator, steps, fitted):
    """A fitted mixture with the fitted steps before it."""
    if not isinstance(estimator, Pipeline):
        return fitted
    whole = clone(estimator)
    before = [] if steps is None else steps.steps
    whole.steps = [*before, (estimator.steps[-1][0], fitted)]
    return whole
