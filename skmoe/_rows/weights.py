"""Weights of rows as numbers of rows."""

from .arrays import array_namespace

__all__ = ["counted_weight", "largest_total", "streamed_weight"]


def largest_total(dtype, xp):
    """The largest total: its products with squares are still numbers."""
    return 2.0**30 if xp.finfo(dtype).bits == 32 else 2.0**200


def counted_weight(weight, dtype):
    r"""Weights that count rows: one of 2 is the row twice.

    Weights that sum to one or less over several rows count nothing, no data set is that small:
    they are shares, of as many rows as Kish's effective sample size [1]_,
    :math:`(\sum w)^2 / \sum w^2`. A total beyond 2^200 (2^30 in single precision) is brought to
    that number of rows, which leave no more to a penalty.

    Parameters
    ----------
    weight : array of shape (n_samples,)
        At least zero, some above it.
    dtype : dtype
        Of the weights that are returned.

    Returns
    -------
    array of shape (n_samples,)

    References
    ----------
    .. [1] Kish, L. (1965). Survey sampling. Wiley, section 8.2.
    """
    xp = array_namespace(weight)
    epsilon = float(xp.finfo(dtype).eps)
    top = float(xp.max(weight))
    # Rows so light beside others are lost in the rounding of any sum, even of squares.
    relative = xp.where(weight > top * epsilon**2, weight, 0.0) / top
    total, most = float(xp.sum(relative)), largest_total(dtype, xp)
    if top <= (1 + epsilon**0.5) / total and total > 1:
        share = relative / total
        unit = 1 / (total * float(xp.sum(share * share)))
    else:
        unit = min(top, most / total)
    # Unless something must change, nothing does, to the last bit.
    light = xp.any((relative == 0) & (weight > 0))
    weight = relative * unit if unit != top or bool(light) else weight
    return xp.astype(weight, dtype, copy=False)


def streamed_weight(weight, dtype):
    """Weights of a batch, which all must count in the same unit.

    Parameters
    ----------
    weight : array of shape (n_samples,)
        At least zero, some above it.
    dtype : dtype
        Of the weights that are returned.

    Returns
    -------
    array of shape (n_samples,)

    Raises
    ------
    ValueError
        If products with the weights would be too large or too small for numbers of the dtype.
    """
    xp = array_namespace(weight)
    top, most = float(xp.max(weight)), largest_total(dtype, xp)
    if not 1 / most <= top <= most / weight.shape[0]:
        raise ValueError(
            f"The largest sample_weight of the batch is {top:.3g}; from {1 / most:.3g} to "
            f"{most / weight.shape[0]:.3g} is allowed. Divide the weights of all batches by one "
            "number."
        )
    return xp.astype(weight, dtype, copy=False)
