"""Covariances of K Gaussians: what the types of a Gaussian gate differ in.

A covariance is held by a factor A of its inverse, `inverse = A A'`: any invertible A stands for a
valid one, and the log density needs no more than a product with it. A `scatter` is a sum of
weighted squared deviations from the means, `rows` the observations behind every entry.

* `Matrices`: (K, d, d), or (1, d, d) where the experts share one ("tied").
* `Variances`: (K, d), or (K, 1) where the columns share one ("spherical").
"""

from .._rows.arrays import array_namespace, device, equilibrated
from .normal_equations import Separable

__all__ = ["Matrices", "Variances"]


def _outer(a, b):
    return a[:, :, None] * b[:, None, :]


def _within(values, factor):
    """Values, cut where squares of their products with the factor would be no numbers."""
    xp = array_namespace(values)
    if factor.shape[-1] == 0:
        return values
    most = float(xp.finfo(values.dtype).max) ** 0.5 * 1e-2 / factor.shape[-1]
    limit = most / xp.max(xp.abs(factor))
    return xp.clip(values, -limit, limit)


class Matrices:
    """Full covariance matrices.

    Parameters
    ----------
    shared : bool
        Whether all experts have the same.
    """

    def __init__(self, shared):
        self.shared = shared

    def _pooled(self, table):
        return array_namespace(table).sum(table, axis=0, keepdims=True) if self.shared else table

    def unit(self, mean):
        """Unit covariances for means of shape (K, d); their own factors, too."""
        xp = array_namespace(mean)
        one = xp.eye(mean.shape[1], dtype=mean.dtype, device=device(mean))
        return xp.tile(one[None, :, :], (1 if self.shared else mean.shape[0], 1, 1))

    def moment(self, Z, resp):
        """Weighted second moments about zero."""
        xp = array_namespace(Z)
        if self.shared:
            return ((Z * xp.sum(resp, axis=1)[:, None]).T @ Z)[None, :, :]
        return Separable().gram(Z, resp)[:, 0, :, :]

    def scatter(self, moment, first, count, mean):
        """Squared deviations from `mean`, from the moments about zero."""
        cross = _outer(first, mean)
        cross = cross + array_namespace(cross).matrix_transpose(cross)
        return moment + self._pooled(_outer(count[:, None] * mean, mean) - cross)

    def repeats(self, n_columns):
        """Observations that one row gives an entry."""
        return 1

    def rows(self, count, n_columns):
        """Observations behind every entry."""
        return self._pooled(count)[:, None, None]

    def covariance(self, factor):
        """Covariance of a factor."""
        xp = array_namespace(factor)
        return xp.linalg.inv(factor @ xp.matrix_transpose(factor))

    def factor(self, covariance):
        """Factor of a covariance."""
        if covariance.shape[-1] == 0:
            return covariance
        xp = array_namespace(covariance)
        scaled, root = equilibrated(covariance)
        # Differences of sums of squares may have eigenvalues below zero; these are lifted.
        least = 100 * scaled.shape[-1] * float(xp.finfo(scaled.dtype).eps)
        lift = xp.clip(least - xp.min(xp.linalg.eigvalsh(scaled), axis=-1), 0.0, None)
        one = xp.eye(scaled.shape[-1], dtype=scaled.dtype, device=device(scaled))
        upper = xp.matrix_transpose(xp.linalg.cholesky(scaled + lift[:, None, None] * one))
        return xp.linalg.inv(upper) / root[..., :, None]

    def distance(self, Z, mean, factor):
        """Squared Mahalanobis distances (n, K)."""
        xp = array_namespace(Z)
        Z, mean = _within(Z, factor), _within(mean, factor)
        whitened = Z[None, :, :] @ factor - mean[:, None, :] @ factor
        return xp.sum(whitened * whitened, axis=-1).T

    def log_det(self, factor, n_columns):
        """Log determinants of the factors, (K,) or (1,)."""
        return array_namespace(factor).linalg.slogdet(factor)[1]

    def trace(self, factor, n_columns):
        """Traces of the inverse covariances, (K,) or (1,)."""
        return array_namespace(factor).sum(factor * factor, axis=(-2, -1))

    def slope(self, factor, rows, scatter):
        """Derivative of `rows log|A| - tr(A' scatter A) / 2` with respect to A."""
        xp = array_namespace(factor)
        return rows * xp.matrix_transpose(xp.linalg.inv(factor)) - scatter @ factor

    def divide(self, deviation, factor):
        """Inverse covariances times vectors (K, d)."""
        xp = array_namespace(factor)
        inverse = factor @ xp.matrix_transpose(factor)
        return (inverse @ deviation[:, :, None])[:, :, 0]

    def quadratic(self, factor):
        """Coefficients of the products of columns in the log density, pairs i <= j in order."""
        xp = array_namespace(factor)
        inverse = factor @ xp.matrix_transpose(factor)
        size = factor.shape[-1]
        pairs = [(i, j) for i in range(size) for j in range(i, size)]
        return xp.stack(
            [-(0.5 if i == j else 1.0) * inverse[:, i, j] for i, j in pairs],
            axis=1,
        )

    def n_parameters(self, n_experts, n_columns):
        """Free parameters."""
        return (1 if self.shared else n_experts) * n_columns * (n_columns + 1) // 2


class Variances:
    """Covariances without correlations.

    Parameters
    ----------
    shared : bool
        Whether all columns have the same variance.
    """

    def __init__(self, shared):
        self.shared = shared

    def _pooled(self, table):
        return array_namespace(table).sum(table, axis=1, keepdims=True) if self.shared else table

    def unit(self, mean):
        """Unit variances for means of shape (K, d); their own factors, too."""
        one = array_namespace(mean).ones_like(mean)
        return one[:, :1] if self.shared else one

    def moment(self, Z, resp):
        """Weighted second moments about zero."""
        return self._pooled(resp.T @ (Z * Z))

    def scatter(self, moment, first, count, mean):
        """Squared deviations from `mean`, from the moments about zero."""
        scatter = moment + self._pooled(count[:, None] * mean * mean - 2 * mean * first)
        # Of nothing but rounding the difference may be negative.
        xp = array_namespace(moment)
        return xp.maximum(scatter, float(xp.finfo(moment.dtype).eps) * moment)

    def repeats(self, n_columns):
        """Observations that one row gives an entry."""
        return n_columns if self.shared else 1

    def rows(self, count, n_columns):
        """Observations behind every entry."""
        return count[:, None] * self.repeats(n_columns)

    def covariance(self, factor):
        """Variances of a factor."""
        return 1 / (factor * factor)

    def factor(self, covariance):
        """Factor of variances."""
        return 1 / array_namespace(covariance).sqrt(covariance)

    def distance(self, Z, mean, factor):
        """Squared Mahalanobis distances (n, K)."""
        xp = array_namespace(Z)
        Z, mean = _within(Z, factor), _within(mean, factor)
        precision = xp.broadcast_to(factor * factor, mean.shape)
        constant = xp.sum(precision * mean * mean, axis=1)
        return (Z * Z) @ precision.T - 2 * (Z @ (precision * mean).T) + constant

    def log_det(self, factor, n_columns):
        """Log determinants of the factors, (K,)."""
        xp = array_namespace(factor)
        return self.repeats(n_columns) * xp.sum(xp.log(xp.abs(factor)), axis=1)

    def trace(self, factor, n_columns):
        """Traces of the inverse covariances, (K,)."""
        return self.repeats(n_columns) * array_namespace(factor).sum(factor * factor, axis=1)

    def slope(self, factor, rows, scatter):
        """Derivative of `rows log|A| - scatter A^2 / 2` with respect to A."""
        return rows / factor - scatter * factor

    def divide(self, deviation, factor):
        """Inverse covariances times vectors (K, d)."""
        return deviation * factor * factor

    def quadratic(self, factor):
        """Coefficients of the squares in the log density."""
        return -0.5 * factor * factor

    def n_parameters(self, n_experts, n_columns):
        """Free parameters."""
        return n_experts * (1 if self.shared else n_columns)
