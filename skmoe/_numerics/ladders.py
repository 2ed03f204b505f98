"""What several climbs try in turn where there is no evidence to choose by: networks."""

from .._rows.validation import check_alpha, check_count

__all__ = ["alpha_of", "segments_of"]

# In an order in which the first few span all.
_ALPHAS, _SEGMENTS = (3.0, 30.0, 1.0, 10.0, 100.0), (1, 8)

# Features beyond which segments of all of them are not worth their time: images, texts.
_MOST_FEATURES = 500


def alpha_of(alpha, index=0):
    """The penalty of climb number `index`: a number is the same in all, "auto" a ladder."""
    alpha = check_alpha(alpha)
    return _rung(_ALPHAS, index) if alpha == "auto" else alpha


def segments_of(segments, index, n_features):
    """The segments of climb number `index`: a number is the same in all, "auto" a ladder."""
    if not (isinstance(segments, str) and segments == "auto"):
        return check_count(segments, "segments")
    return _rung(_SEGMENTS, index) if n_features <= _MOST_FEATURES else 1


def _rung(ladder, index):
    return ladder[index % len(ladder)]
