"""Curvature of weighted generalised linear models and the Newton step it gives.

A bank of K experts with C linear predictors each has weights of shape (K, C, D), D columns with
the constant last. Its curvature is held in one of two shapes:

* `Separable`: the C predictors do not share a normaliser; D x D matrices.
* `Softmax`: they do (softmax regression); (C - 1) D x (C - 1) D matrices;
* `Diagonal`: tables too wide, or sparse, for a matrix of D x D; D numbers.

The softmax gate is a bank of one expert with K predictors. Where the full softmax matrix would be
too large, `Separable(bound=0.5)` is its upper bound (Böhning 1992): the step climbs for certain,
only slower.
"""

import copy
from functools import cache
from typing import Any, NamedTuple

from .._rows.arrays import array_namespace, device, host, inverse_spd, is_sparse, like, solve_spd
from .._rows.whitening import Whitening, whitening
from .grouping import group_rows

__all__ = [
    "Diagonal",
    "Separable",
    "Softmax",
    "SoftmaxGram",
    "coefficients_only",
    "curvature_for",
    "gradient",
]

# Order of the largest softmax matrix that is built; above it the bound is cheaper per unit of
# log-likelihood gained, and never needs more memory than the data.
_LARGEST_SOFTMAX = 500

# Multiplications that take as long as exponentials and the like for a predictor of a row.
_ELEMENTWISE = 1000

# Columns of a design above which no matrix of their number squared is built: K of them would
# take more memory than a block of rows, and a gradient tells as much in less time.
_LARGEST_GRAM = 1000


def _rows_last(table):
    """(n, ...) to (..., n), a view: tables are stored with the rows contiguous."""
    xp = array_namespace(table)
    return xp.permute_dims(table, (*range(1, table.ndim), 0))


def gradient(X, score):
    """Sum over rows of score times design: (n, D), (n, K, C) -> (K, C, D)."""
    xp = array_namespace(X)
    n, experts, outputs = score.shape
    rows = xp.reshape(_rows_last(score), (experts * outputs, n))
    return xp.reshape(rows @ X, (experts, outputs, X.shape[1]))


@cache
def _helmert(size):
    """Orthonormal basis of the vectors that sum to zero, as nested lists."""
    norms = [(j * (j + 1)) ** 0.5 for j in range(1, size)]
    return [
        [(1.0 if i < j else -float(j) if i == j else 0.0) / norms[j - 1] for j in range(1, size)]
        for i in range(size)
    ]


def _contrasts(size, x):
    """Orthonormal basis (size, size - 1) of the vectors that sum to zero (Helmert)."""
    return like(_helmert(size), x)


def coefficients_only(size, x):
    """Indicator (D,) of the columns without the constant: what a penalty usually falls on."""
    xp = array_namespace(x)
    return xp.astype(xp.arange(size, device=device(x)) < size - 1, x.dtype)


def _add_diagonal(A, diagonal):
    xp = array_namespace(A)
    eye = xp.eye(A.shape[-1], dtype=A.dtype, device=device(A))
    return A + eye * diagonal[..., None, :]


def _determined(A, ridge):
    """Number of penalised directions that the data determine: sum of h / (h + alpha).

    What is not penalised is integrated out: the sum runs over the penalised part of the
    inverse. Of stacked matrices, as many numbers.
    """
    xp = array_namespace(A)
    inverse = xp.linalg.diagonal(inverse_spd(_add_diagonal(A, ridge)))
    return xp.sum(xp.where(ridge > 0, 1 - ridge * inverse, 0.0), axis=-1)


def _log_volume(A, ridge):
    """Log of posterior over prior volume of the penalised directions, minus sum log(1 + h / a) / 2.

    Summed over stacked matrices; what is not penalised is integrated out.
    """
    xp = array_namespace(A)
    eye = xp.eye(A.shape[-1], dtype=A.dtype, device=device(A))
    # A direction that no data reach must not turn the difference into infinity minus infinity.
    floor = 1e3 * xp.finfo(A.dtype).eps * (1 + xp.max(xp.abs(A)))
    A = A + floor * eye
    penalised = xp.broadcast_to(ridge > 0, A.shape[:-1])
    free = xp.where(penalised[..., :, None] | penalised[..., None, :], eye, A)
    ridge = xp.broadcast_to(ridge, A.shape[:-1])
    prior = xp.sum(xp.log(xp.where(penalised, ridge, xp.ones_like(ridge))), axis=-1)
    posterior = xp.linalg.slogdet(_add_diagonal(A, ridge))[1] - xp.linalg.slogdet(free)[1]
    return 0.5 * float(xp.sum(prior - posterior))


def _of_pass(experts, outputs, size):
    """Multiplications per row of a pass without the curvature, and what takes as long as they."""
    return experts * outputs * (_ELEMENTWISE + 4 * size)


def _gathered_gram(groups, X, weight):
    """Weighted Gram matrices (K, 1 or C, D, D) from each expert's own rows."""
    xp = array_namespace(X)
    design = groups.design(X)
    own = groups.weight[:, None, :]
    own = own if weight is None else own * groups.own(weight)
    experts, size, length = design.shape
    spread = own[:, :, None, :] * design[:, None, :, :]
    outputs = own.shape[1]
    product = xp.reshape(spread, (experts, outputs * size, length)) @ xp.matrix_transpose(design)
    return xp.reshape(product, (experts, outputs, size, size))


class _Curvature:
    """A curvature, which may know the products of the columns of some block."""

    _products = None

    def knowing(self, products):
        """The same, by `products` where these are of the design; None for none."""
        new = copy.copy(self)
        new._products = products
        return new

    def _knows(self, X):
        return self._products is not None and self._products.design is X


class Separable(_Curvature):
    """Curvature of predictors that do not share a normaliser.

    Parameters
    ----------
    bound : float, default=1.0
        Factor on every weight; 0.5 makes the matrix an upper bound for softmax regression.
    """

    def __init__(self, bound=1.0):
        self.bound = bound

    def gram(self, X, resp, weight=None):
        """Weighted Gram matrices (K, 1 or C, D, D) in one product X' (R (x) X)."""
        xp = array_namespace(X)
        weight = None if self.bound != 1.0 else weight
        known = self._knows(X)
        if not known and (groups := group_rows(resp, X.shape[1])) is not None:
            return _gathered_gram(groups, X, weight)
        table = resp[:, :, None] if weight is None else resp[:, :, None] * weight
        if known:
            return self._products.grams(_rows_last(table))
        n, experts, outputs = table.shape
        size = X.shape[1]
        spread = xp.reshape(_rows_last(table), (experts * outputs, 1, n)) * X.T[None, :, :]
        product = xp.reshape(spread, (experts * outputs * size, n)) @ X
        return xp.reshape(product, (experts, outputs, size, size))

    def step(self, gram, score, ridge):
        """Newton step (K, C, D) for the penalised gradient `score` (K, C, D).

        `ridge` (K or 1, D) is the penalty on every column.
        """
        xp = array_namespace(gram)
        matrix = _add_diagonal(self.bound * gram, ridge[:, None, :])
        if gram.shape[1] == 1:
            return xp.matrix_transpose(solve_spd(matrix[:, 0, :, :], xp.matrix_transpose(score)))
        return solve_spd(matrix, score[..., None])[..., 0]

    def whitening(self, gram, ridge, outputs):
        """W with W' A W a unit matrix for every expert's A, of each predictor or of all."""
        found = whitening(_add_diagonal(self.bound * gram, ridge[:, None, :]))
        size = found.shape[-1]
        return Whitening(found.reshape(-1, size, size), outputs // found.shape[1])

    def quadratic(self, gram, step):
        """`step' A step` for every expert and predictor (K, C)."""
        xp = array_namespace(gram)
        return self.bound * xp.sum((gram @ step[..., None])[..., 0] * step, axis=-1)

    def multiplications(self, experts, outputs, size):
        """Per row, of the curvature and of the rest of a pass."""
        return experts * outputs * size * size, _of_pass(experts, outputs, size)

    def total(self, gram):
        """Sum of the weights of all rows, (K, 1 or C): the constant's own entry."""
        return gram[..., -1, -1]

    def determined(self, gram, ridge, outputs):
        """Number of well-determined parameters (MacKay's gamma) of every expert, (K,)."""
        xp = array_namespace(gram)
        determined = _determined(self.bound * gram, ridge[:, None, :])
        return outputs / gram.shape[1] * xp.sum(determined, axis=1)

    def log_volume(self, gram, ridge, outputs):
        """Log of posterior over prior volume of the penalised parameters."""
        return outputs / gram.shape[1] * _log_volume(self.bound * gram, ridge[:, None, :])


class SoftmaxGram(NamedTuple):
    """Sums of p_a p_b x x' and of p_a x x' over the first C - 1 predictors."""

    cross: Any
    own: Any


class Softmax(_Curvature):
    """Curvature of softmax regression: sum of r (diag(p) - p p') (x) x x'.

    The C predictors are known up to a common shift. Steps live in the C - 1 orthonormal
    contrasts that sum to zero, where the penalty on all C predictors stays a plain ridge.
    """

    bound = 1.0

    def gram(self, X, resp, prob):
        """Sums of one block, from Z'Z and Z'X with Z = sqrt(R) (x) P (x) X."""
        xp = array_namespace(X)
        experts, predictors = prob.shape[1:]
        free, size = predictors - 1, X.shape[1]
        if self._knows(X):
            return self._known_gram(_rows_last(resp), _rows_last(prob)[:, :free, :])
        groups = group_rows(resp, free * size)
        if groups is None:
            root = xp.sqrt(_rows_last(resp))[:, None, :] * X.T[None, :, :]
            prob = _rows_last(prob)
        else:
            root = xp.sqrt(groups.weight)[:, None, :] * groups.design(X)
            prob = groups.own(prob)
        spread = prob[:, :free, None, :] * root[:, None, :, :]
        spread = xp.reshape(spread, (experts, free * size, root.shape[-1]))
        cross = spread @ xp.matrix_transpose(spread)
        own = spread @ xp.matrix_transpose(root)
        return SoftmaxGram(cross, xp.reshape(own, (experts, free, size, size)))

    def _known_gram(self, resp, prob):
        """The same by the products of the columns, from tables (K, n) and (K, C - 1, n)."""
        xp = array_namespace(prob)
        own = resp[:, None, :] * prob
        cross = self._products.grams(own[:, :, None, :] * prob[:, None, :, :])
        experts, free, _, size, _ = cross.shape
        cross = xp.reshape(xp.permute_dims(cross, (0, 1, 3, 2, 4)), (experts, free * size, -1))
        return SoftmaxGram(cross, self._products.grams(own))

    def multiplications(self, experts, outputs, size):
        """Per row, of the curvature and of the rest of a pass."""
        free = outputs - 1
        return experts * free * (free + 1) * size * size, _of_pass(experts, outputs, size)

    def _matrix(self, gram):
        """Hessian in the contrasts: (K, (C - 1) D, (C - 1) D)."""
        xp = array_namespace(gram.own)
        experts, free, size, _ = gram.own.shape
        cross = xp.reshape(gram.cross, (experts, free, size, free, size))
        same = xp.eye(free, dtype=cross.dtype, device=device(cross))
        blocks = same[None, :, None, :, None] * gram.own[:, :, :, None, :] - cross
        basis = _contrasts(free + 1, cross)
        basis = (basis[:-1, :] - basis[-1:, :]).T
        left = basis @ xp.reshape(blocks, (experts, free, size * free * size))
        left = xp.reshape(left, (experts, free * size, free, size))
        matrix = basis @ left
        return xp.reshape(matrix, (experts, free * size, free * size))

    def step(self, gram, score, ridge):
        """Newton step (K, C, D) for the penalised gradient `score` (K, C, D).

        `ridge` (K or 1, D) is the penalty on every column.
        """
        xp = array_namespace(gram.own)
        experts, predictors, size = score.shape
        basis = _contrasts(predictors, score)
        inner = xp.reshape(basis.T @ score, (experts, (predictors - 1) * size, 1))
        ridge = xp.tile(ridge + self._rounding(gram), (1, predictors - 1))
        step = solve_spd(_add_diagonal(self._matrix(gram), ridge), inner)
        return basis @ xp.reshape(step, (experts, predictors - 1, size))

    def whitening(self, gram, ridge, outputs):
        """W with W' A W a unit matrix for every expert's A, of all predictors together."""
        xp = array_namespace(gram.own)
        matrix = _add_diagonal(self._matrix(gram), xp.tile(ridge, (1, outputs - 1)))
        found = whitening(matrix)
        experts, size, _ = found.shape
        basis = host(_contrasts(outputs, gram.own)).astype(found.dtype)
        table = basis @ found.reshape(experts, outputs - 1, -1)
        return Whitening(table.reshape(experts, -1, size))

    @staticmethod
    def _rounding(gram):
        """What is left of the matrix where no row is in doubt: differences of equal sums, (K, D).

        As a ridge it bounds the step there, and moves no fixed point.
        """
        xp = array_namespace(gram.own)
        sums = xp.max(xp.linalg.diagonal(gram.own), axis=1)
        return 100 * float(xp.finfo(sums.dtype).eps) * sums

    def determined(self, gram, ridge, outputs):
        """Number of well-determined parameters (MacKay's gamma) of every expert, (K,)."""
        xp = array_namespace(gram.own)
        return _determined(self._matrix(gram), xp.tile(ridge, (1, outputs - 1)))

    def log_volume(self, gram, ridge, outputs):
        """Log of posterior over prior volume of the penalised parameters."""
        xp = array_namespace(gram.own)
        return _log_volume(self._matrix(gram), xp.tile(ridge, (1, outputs - 1)))


class DiagonalGram(NamedTuple):
    """Sums of r w x_j^2, and of r w |x_j| ||x||_1 that bound what the columns do together."""

    own: Any
    bound: Any


class Diagonal(_Curvature):
    """Curvature of predictors column by column, for wide or sparse tables.

    A step divides by an upper bound of the whole matrix (De Pierro 1995), so that it climbs for
    certain, only slowly: it serves starts, and L-BFGS does the climb. The penalty of a gate is
    estimated from the diagonal itself, as if the columns were uncorrelated.

    Parameters
    ----------
    bound : float, default=1.0
        Factor on every weight; 0.5 makes it an upper bound for softmax regression.
    """

    def __init__(self, bound=1.0):
        self.bound = bound

    def gram(self, X, resp, weight=None):
        """Sums (K, 1 or C, D) of one block."""
        weight = None if self.bound != 1.0 else weight
        table = resp[:, :, None] if weight is None else resp[:, :, None] * weight
        size, square = abs(X), X.power(2) if is_sparse(X) else X * X
        norm = size.sum(axis=1) if is_sparse(X) else array_namespace(X).sum(size, axis=1)
        return DiagonalGram(gradient(square, table), gradient(size, table * norm[:, None, None]))

    def step(self, gram, score, ridge):
        """Step (K, C, D) for the penalised gradient `score` (K, C, D)."""
        matrix = self.bound * gram.bound + ridge[:, None, :]
        xp = array_namespace(matrix)
        return score / xp.where(matrix > 0, matrix, xp.ones_like(matrix))

    def multiplications(self, experts, outputs, size):
        """Per row, of the curvature and of the rest of a pass."""
        return 0, 0

    def whitening(self, gram, ridge, outputs):
        """One over the roots of the diagonal."""
        xp = array_namespace(gram.own)
        diagonal = self.bound * gram.own + ridge[:, None, :]
        diagonal = xp.where(diagonal > 0, diagonal, xp.ones_like(diagonal))
        found = host(1 / xp.sqrt(diagonal))
        return Whitening(found.repeat(outputs // found.shape[1], axis=1).reshape(-1, 1, 1))

    def quadratic(self, gram, step):
        """Upper bound of `step' A step` for every expert and predictor (K, C)."""
        return self.bound * array_namespace(step).sum(gram.bound * step * step, axis=-1)

    def total(self, gram):
        """Sum of the weights of all rows, (K, 1 or C): the constant's own entry."""
        return gram.own[..., -1]

    def _shares(self, gram, ridge):
        """Curvature over penalty, zero where nothing is penalised, (K, 1 or C, D)."""
        xp = array_namespace(gram.own)
        ridge = ridge[:, None, :] + xp.zeros_like(gram.own)
        penalised = ridge > 0
        share = self.bound * gram.own / xp.where(penalised, ridge, xp.ones_like(ridge))
        return xp.where(penalised, share, xp.zeros_like(share))

    def determined(self, gram, ridge, outputs):
        """Number of well-determined parameters (MacKay's gamma) of every expert, (K,)."""
        share = self._shares(gram, ridge)
        determined = array_namespace(share).sum(share / (1 + share), axis=(1, 2))
        return outputs / share.shape[1] * determined

    def log_volume(self, gram, ridge, outputs):
        """Log of posterior over prior volume of the penalised parameters."""
        share = self._shares(gram, ridge)
        total = float(array_namespace(share).sum(array_namespace(share).log1p(share)))
        return -0.5 * outputs / share.shape[1] * total


def curvature_for(X, size, coupled=0):
    """The curvature for so many columns of the design X and `coupled` predictors.

    Of coupled predictors, the full matrix where it is small enough, its bound elsewhere.
    """
    if is_sparse(X) or size > _LARGEST_GRAM:
        return Diagonal(bound=0.5 if coupled else 1.0)
    if not coupled:
        return Separable()
    return Softmax() if (coupled - 1) * size <= _LARGEST_SOFTMAX else Separable(bound=0.5)
