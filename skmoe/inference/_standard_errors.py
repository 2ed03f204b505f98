"""What the data leave open: standard errors of the parameters of a mixture."""

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.utils._optional_dependencies import check_pandas_support

from .._rows.arrays import allowing_underflow, array_namespace, host, like
from .._rows.validation import check_share
from ._summary import frame_of

__all__ = ["Inference", "Term", "infer", "reading_order", "reported"]

# Eigenvalues of the information on unit diagonal below which a direction counts as undetermined.
_SINGULAR = 1e-9

# Share of a term in undetermined directions that makes its standard error infinite.
_PART = 1e-6

# Change of a parameter by which the fitted attributes are differentiated: they are linear in the
# parameters or their logarithms, so that only rounding matters, or (powers of Tweedie) nearly so.
_CHANGE = 1e-3

# Parameters above which no matrix of their number squared is built.
_MOST = 4000

# Attributes that are positive: their intervals are those of their logarithms.
_POSITIVE = ("expert_scale_", "expert_df_", "expert_power_")


# Terms that a warning names.
_NAMED = 6


class Term(NamedTuple):
    """A parameter as reported.

    Attributes
    ----------
    part : str
        "gate" or "experts".
    expert : int or tuple of int
        Expert, or the path to a branch of a hierarchical gate.
    target : int, str or None
        Output or class, if an expert has several predictors.
    name : str
        Name of the column, "intercept", "scale", "df" or "power", or the classes on both sides of
        a threshold.
    value, std_error : float
        In the units given. The standard error is None where there were no data to tell it.
    positive : bool
        Whether the interval is that of the logarithm, and zero is not to be tested.
    """

    part: str
    expert: Any
    target: Any
    name: str
    value: float
    std_error: float
    positive: bool

    def interval(self, confidence):
        """Lower and upper end of the interval."""
        return tuple(map(float, _interval(self.value, self.std_error, self.positive, confidence)))

    def z(self):
        """Value in standard errors; None where zero is no question."""
        if self.positive:
            return None
        if self.std_error == 0:
            # Without any spread, whatever is not zero is infinitely far from it.
            return math.copysign(math.inf, self.value) if self.value else 0.0
        return self.value / self.std_error

    def p_value(self):
        """Probability of a value at least as far from zero by chance; None where no question."""
        return None if self.positive else 2 * float(ndtr(-abs(self.z())))


def _interval(value, std_error, positive, confidence):
    """Ends of an interval; of positive numbers that of their logarithms."""
    reach = ndtri(0.5 + confidence / 2) * std_error
    if not positive:
        return value - reach, value + reach
    factor = np.exp(np.minimum(reach / value, 700.0))
    with np.errstate(over="ignore"):
        return value / factor, value * factor


class Inference:
    r"""Standard errors of a fitted mixture, by the observed information.

    The covariance of the parameters is :math:`A^{-1}` with :math:`A = -\nabla^2 \ell_p`, the
    curvature of the penalised log-likelihood that the fit has maximised (Louis' observed
    information [1]_: it counts that nobody knows which expert a row belongs to), or, robust, the
    sandwich :math:`A^{-1} B A^{-1}` with the rows' scores in :math:`B = \sum_i w_i s_i s_i'` [2]_,
    which holds where the family is wrong. What `inference` of an estimator returns.

    Logits of a gate, and of several classes, are known up to a common number only. They are
    reported with sum zero: a coefficient is that of an expert against the average one.

    Attributes
    ----------
    terms : list of Term
        All parameters as reported, with standard errors.
        Experts first, one after the other, then the gate. Coefficients of columns that a part
        does not look at are left out.
    covariance : ndarray of shape (n_terms, n_terms)
        Of the terms; of scales and degrees of freedom that of their logarithms.
    values, std_errors : dict of ndarray
        By fitted attribute (`expert_coef_` and so on), in the shape of that.
    undetermined : list of Term
        Terms that the data do not determine: their standard errors are infinite.
    robust : bool
    penalised : bool
        Whether the fit was penalised. Intervals are then those of a Bayesian posterior, with the
        penalties as prior, and shrink with the coefficients.

    Notes
    -----
    The standard errors take the number of experts, the columns and the penalties as given. They
    hold near one maximum; experts that have been told apart with difficulty, or have few rows, are
    less certain than they say.

    References
    ----------
    .. [1] Louis, T. A. (1982). Finding the observed information matrix when using the EM
       algorithm. Journal of the Royal Statistical Society B 44, 226-233.
    .. [2] White, H. (1982). Maximum likelihood estimation of misspecified models. Econometrica 50,
       1-25.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skmoe import MoERegressor
    >>> from skmoe.experts import LinearExpert
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = MoERegressor(1, expert=LinearExpert(alpha=0)).fit(X[["bmi", "bp"]], y)
    >>> model.inference(X[["bmi", "bp"]], y).to_frame().round(1)[["value", "std_error", "z"]]
                              value  std_error     z
    part    expert term
    experts 0      bmi        790.4       65.2  12.1
                   bp         402.2       65.2   6.2
                   intercept  152.1        2.8  53.4
                   scale       59.8        2.0   NaN
    """

    def __init__(self, terms, covariance, values, std_errors, robust, penalised):
        self.terms = terms
        self.covariance = covariance
        self.values = values
        self.std_errors = std_errors
        self.undetermined = [term for term in terms if np.isinf(term.std_error)]
        self.robust = robust
        self.penalised = penalised

    def __repr__(self):
        kind = "robust" if self.robust else "observed information"
        return f"Inference({len(self.terms)} terms, {kind})"

    def problem(self):
        """What the data do not determine, and the remedy.

        Returns
        -------
        str or None
            None if they determine all.
        """
        terms = self.undetermined
        if not terms:
            return None
        names = [f"{t.part[:6].removesuffix('s')} {t.expert}: {t.name}" for t in terms[:_NAMED]]
        more = f" and {len(terms) - _NAMED} more" if len(terms) > _NAMED else ""
        return (
            f"The information is singular or not positive: the data do not determine {names}"
            f"{more}; these standard errors are infinite. Leave out columns that follow from "
            "others, use fewer experts or a penalty (alpha), or fit with a smaller tol."
        )

    def notes(self):
        """What the standard errors mean.

        Returns
        -------
        list of str
        """
        notes = [self.problem()] if self.undetermined else []
        if self.robust:
            notes.append("Standard errors: sandwich estimator.")
        if self.penalised:
            notes.append(
                "The fit is penalised: intervals are those of a posterior, and coefficients are "
                "shrunk. Fit with alpha=0 in gate and experts for maximum likelihood."
            )
        notes.append(
            "Number of experts, columns and penalties are taken as given; p-values do not know "
            "that they were chosen."
        )
        return notes

    def intervals(self, confidence=0.95):
        """Confidence intervals by fitted attribute.

        Parameters
        ----------
        confidence : float, default=0.95
            Probability that an interval holds the coefficient.

        Returns
        -------
        dict of ndarray
            By fitted attribute: lower ends, then upper ends, each in the shape of that.
        """
        check_share(confidence, "confidence")
        return {
            name: np.stack(_interval(self.values[name], error, name in _POSITIVE, confidence))
            for name, error in self.std_errors.items()
        }

    def to_frame(self, confidence=0.95):
        """All terms with standard errors, tests of zero and intervals.

        Parameters
        ----------
        confidence : float, default=0.95
            Probability that an interval holds the coefficient.

        Returns
        -------
        pandas.DataFrame
            Indexed by part, expert, target (if there are several) and term. z and p are missing
            for scales, which cannot be zero.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        check_pandas_support("Inference.to_frame")
        return frame_of(self.terms, check_share(confidence, "confidence"))


@allowing_underflow
def infer(mixture, blocks, attributes, label, robust):
    """Standard errors of the fitted attributes of a mixture.

    Parameters
    ----------
    mixture : Mixture
    blocks : Blocks
        The rows that it was fitted to.
    attributes : callable
        `attributes(mixture)` gives the arrays that are reported, by name.
    label : callable
        `label(name, index)` gives part, expert, target and name of an entry of one of them.
    robust : bool

    Returns
    -------
    Inference
    """
    values = {name: host(table).astype(float) for name, table in attributes(mixture).items()}
    _check(mixture, robust, "expert_coef_" in values)
    basis = mixture.identified()
    data, prior = _information(mixture, blocks, basis)
    factor, lost = _inverse_root(data + prior, blocks.total_weight())
    products = _score_products(mixture, blocks, basis) if robust else data
    slopes, unit = _slopes(mixture, attributes)
    slopes = slopes @ basis
    middle = factor.T @ products @ factor if robust else np.eye(factor.shape[1])
    spread = factor @ middle @ factor.T + _spread_of_center(mixture, basis, factor, data, products)
    covariance = slopes @ spread @ slopes.T
    size = np.sum(slopes**2, axis=1)
    undetermined = np.sum((slopes @ lost) ** 2, axis=1) > _PART * size
    with np.errstate(over="ignore"):
        errors = np.sqrt(np.maximum(np.diag(covariance), 0.0)) * unit
        covariance = covariance * unit * unit[:, None]
    errors[undetermined | (unit == 0)] = np.inf
    tables = _shaped(errors, values)
    terms = reported(values, tables, label)
    # Coefficients of columns that are not looked at do not move, and are no terms.
    order = [i for i in reading_order(terms) if size[i] > 0]
    penalised = bool(np.any(host(mixture.log_prior_gradient())))
    covariance = covariance[np.ix_(order, order)]
    return Inference([terms[i] for i in order], covariance, values, tables, robust, penalised)


def reported(values, std_errors, label):
    """The entries of fitted attributes as terms, table by table.

    Parameters
    ----------
    values : dict of ndarray
        By fitted attribute.
    std_errors : dict of ndarray or None
    label : callable
        As in `infer`.

    Returns
    -------
    list of Term
    """
    terms = []
    for name, table in values.items():
        for index, value in np.ndenumerate(table):
            error = None if std_errors is None else float(std_errors[name][index])
            terms.append(Term(*label(name, index), float(value), error, name in _POSITIVE))
    return terms


def _shaped(errors, values):
    """Standard errors in the shapes of the values; those of logarithms as those of numbers."""
    ends = np.cumsum([table.size for table in values.values()])
    pieces = np.split(errors, ends[:-1])
    return {
        name: piece.reshape(table.shape) * (table if name in _POSITIVE else 1.0)
        for (name, table), piece in zip(values.items(), pieces, strict=True)
    }


def reading_order(terms):
    """Positions of the terms: the experts' one after the other, then the gate's."""
    targets = list(dict.fromkeys(term.target for term in terms))
    keys = [(t.part == "gate", t.expert, targets.index(t.target)) for t in terms]
    return sorted(range(len(terms)), key=keys.__getitem__)


def _check(mixture, robust, readable):
    """Raise a ValueError for mixtures whose parameters cannot be read or differentiated."""
    if not (readable and mixture.has_statistics):
        raise ValueError(
            f"Standard errors of {type(mixture.expert).__name__} with "
            f"{type(mixture.gate).__name__} were asked for; they are known for linear experts and "
            "gates that have coefficients or shares. Use expert='linear' with gate='softmax', "
            "'quadratic', 'gaussian', 'hierarchical', 'top_k' or 'constant'; for others resample "
            "the rows and fit again."
        )
    if mixture.gate.params.shape[0] == 0 and mixture.n_experts() > 1:
        raise ValueError(
            f"The gate {type(mixture.gate).__name__} has no parameters that could be uncertain "
            "together with the experts'. Use gate='softmax', or resample the rows and fit again."
        )
    size = mixture.params.shape[0]
    if size > _MOST:
        raise ValueError(
            f"Standard errors of {size} parameters were asked for; at most {_MOST} are allowed, as "
            "a matrix of their number squared is needed. Give gate and experts fewer columns."
        )
    if robust and not mixture.gate.exact:
        raise ValueError(
            f"robust=True was given for the gate {type(mixture.gate).__name__}, which is fitted to "
            "the columns too. Pass robust=False, or use gate='softmax'."
        )


def _information(mixture, blocks, basis):
    """Minus the second derivatives of log-likelihood and log prior along the basis, on the host."""
    point = mixture.params
    xp = array_namespace(point)
    step = float(xp.finfo(point.dtype).eps) ** (1 / 3)
    moves = [step * (1 + abs(float(host(point) @ column))) for column in basis.T]
    ends = [
        [mixture.with_params(point + sign * move * like(column, point)) for sign in (1, -1)]
        for move, column in zip(moves, basis.T, strict=True)
    ]

    def bend(differences):
        table = xp.stack([up - down for up, down in differences])
        return host(table).astype(float) @ basis / (2 * np.array(moves)[:, None])

    def slopes(X, y, weight):
        pairs = ([end.value_and_gradient(X, y, weight)[1] for end in pair] for pair in ends)
        return xp.stack([xp.stack(pair) for pair in pairs])

    prior = bend([end.log_prior_gradient() for end in pair] for pair in ends)
    X, y, _ = blocks.first()
    if mixture.slopes(X[:1, :], y[:1, ...]) is None:
        data = bend(blocks.sum(slopes))
    else:
        data = basis.T @ _curvature(mixture, blocks, step) @ basis
    return -(data + data.T) / 2, -(prior + prior.T) / 2


def _curvature(mixture, blocks, step):
    """Second derivatives of the log-likelihood, (P, P), of parts with linear predictors.

    A predictor moves in all rows at once with its constant: two looks at the rows for each,
    not for every parameter, tell how all derivatives change row by row.
    """
    X, y, _ = blocks.first()
    point = mixture.params
    groups = mixture.slopes(X[:1, :], y[:1, ...])
    where = [(i, place) for i, group in enumerate(groups) for place in group.intercepts]
    moves = np.zeros((len(where), point.shape[0]))
    moves[np.arange(len(where)), [place for _, place in where]] = step
    ends = [
        [mixture.with_params(point + sign * like(move, point)) for sign in (1, -1)]
        for move in moves
    ]

    def bend(X, y, weight):
        xp, rows = array_namespace(X), []
        for (group, _), pair in zip(where, ends, strict=True):
            up, down = (end.slopes(X, y) for end in pair)
            change = [
                a._replace(table=(a.table - b.table) * (weight / (2 * step))[:, None])
                for a, b in zip(up, down, strict=True)
            ]
            table = xp.concat([own.by_parameter() for own in change], axis=1)
            rows.append(up[group].design.T @ table)
        return xp.concat(rows, axis=0)

    return host(blocks.sum(bend)).astype(float)


def _spread_of_center(mixture, basis, factor, data, products):
    """Covariance that comes from what the penalty draws towards: it is a fit to the same rows.

    That fit is as certain as the data make a move of all experts together.
    """
    pull = mixture.pull()
    if not pull.shape[1]:
        return 0.0
    together = basis.T @ (pull != 0)
    inverse = np.linalg.pinv(
        together.T @ data @ together + np.diag(mixture.pull_strength()), hermitian=True
    )
    moved = factor @ (factor.T @ (basis.T @ pull))
    return moved @ inverse @ (together.T @ products @ together) @ inverse @ moved.T


def _inverse_root(information, weight):
    """F with F F' the inverse, and the directions in which there is none.

    On unit diagonal, so that units do not decide what counts as small; entries that the rows,
    of so much weight, have left at rounding stay small.
    """
    scale = 1 / np.sqrt(np.maximum(np.diag(information), _SINGULAR * weight))
    values, vectors = np.linalg.eigh(information * scale[:, None] * scale)
    known = values > _SINGULAR * max(values.max(initial=0.0), 1.0)
    vectors = scale[:, None] * vectors
    lost = vectors[:, ~known] / np.linalg.norm(vectors[:, ~known], axis=0)
    return vectors[:, known] / np.sqrt(values[known]), lost


def _slopes(mixture, attributes):
    """Derivatives of all reported numbers with respect to the parameters, (n_terms, P).

    Each divided by the largest of its number, and those, (n_terms,): of a column in units of 1e200,
    squares would be no numbers. Zero for numbers that are themselves beyond the largest there is.
    """
    point = mixture.params

    def values(move):
        found = attributes(mixture.with_params(point + like(move, point)))
        flat = [host(table).astype(float).ravel() for table in found.values()]
        logs = [np.log(x) if name in _POSITIVE else x for name, x in zip(found, flat, strict=True)]
        return np.concatenate(logs)

    moves = _CHANGE * np.eye(point.shape[0])
    with np.errstate(over="ignore", invalid="ignore"):
        columns = [(values(move) - values(-move)) / (2 * _CHANGE) for move in moves]
    slopes = np.stack(columns, axis=1)
    known = np.isfinite(slopes).all(axis=1)
    slopes[~known] = 0.0
    unit = np.abs(slopes).max(axis=1, initial=0.0)
    # Of numbers that do not move there is nothing to divide.
    unit[known & (unit == 0)] = 1.0
    return slopes / np.where(known, unit, 1.0)[:, None], unit


def _score_products(mixture, blocks, basis):
    """Sum over rows, or groups of them, of weight times the outer product of their score."""

    def products(X, y, weight):
        table, groups = mixture.scores(X, y)
        table = table @ like(basis, table)
        return (groups.first(weight)[:, None] * table).T @ table

    return host(blocks.sum(products)).astype(float)
