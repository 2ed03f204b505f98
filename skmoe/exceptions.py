"""What a fit warns of: one class for each kind, so that one kind can be silenced."""

from sklearn.exceptions import ConvergenceWarning

__all__ = [
    "AlikeExpertsWarning",
    "AtomWarning",
    "ConstantGateWarning",
    "DegenerateWarning",
    "EmptyClassWarning",
    "FitWarning",
    "IdleExpertWarning",
    "LostDigitsWarning",
    "NotConvergedWarning",
    "RoundedTargetsWarning",
    "RowWeightWarning",
    "SeparationWarning",
    "TooManyParametersWarning",
    "UnvaryingTargetsWarning",
]


class FitWarning(ConvergenceWarning):
    """Anything that a fit warns of; a kind of scikit-learn's ConvergenceWarning.

    Examples
    --------
    Silence one kind in a grid search, and keep the others:

    >>> import warnings
    >>> from skmoe.exceptions import AlikeExpertsWarning
    >>> warnings.simplefilter("ignore", AlikeExpertsWarning)
    """


class NotConvergedWarning(FitWarning):
    """The climb ended at `max_iter`, or went astray, before its gains were small."""


class DegenerateWarning(FitWarning):
    """An expert's scale stands at its lower bound: it passes through its rows exactly."""


class RoundedTargetsWarning(FitWarning):
    """An expert's scale has come down to what the rounding of the targets leaves."""


class AtomWarning(FitWarning):
    """Many targets are one and the same number, which a density cannot give a probability."""


class EmptyClassWarning(FitWarning):
    """All rows of a class have weight zero: it is known, but nothing is known of it."""


class IdleExpertWarning(FitWarning):
    """An expert answers next to no row."""


class AlikeExpertsWarning(FitWarning):
    """All experts say the same: one would do, or the fit has not found what tells them apart."""


class ConstantGateWarning(FitWarning):
    """The gate gives every row the same answer, although it may look at x."""


class SeparationWarning(FitWarning):
    """Without a penalty, coefficients grow without end: something is told apart without error."""


class LostDigitsWarning(FitWarning):
    """Beside its offset, what varies in a column or a target is hardly more than rounding."""


class RowWeightWarning(FitWarning):
    """The weights of the rows do not count rows, or fewer than there are parameters."""


class TooManyParametersWarning(FitWarning):
    """There are more parameters without a penalty than distinct rows."""


class UnvaryingTargetsWarning(FitWarning):
    """The first batch of a stream has one and the same target in all rows."""
