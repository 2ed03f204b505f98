"""A plane divided into regions of the most probable expert."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from ._style import expert_colour, tint

__all__ = ["ROOM", "crossed", "middle", "tints"]

# Half the width of a region, as a share of the picture's, that has room for a number.
ROOM = 0.045

# Share of colour where the most probable expert is certain, and where all are equally probable.
_SURE, _UNSURE = 0.75, 0.12


def crossed(values):
    """All combinations of the grids in the columns of `values`, the first running fastest."""
    if values.shape[1] == 1:
        return values
    across, up = np.meshgrid(*values.T)
    return np.column_stack([across.ravel(), up.ravel()])


def middle(owned):
    """Row and column of the cell of a region (n, m) that is farthest from its rim, and how far."""
    inside = distance_transform_edt(np.pad(owned, 1))[1:-1, 1:-1]
    # A region as wide as the picture has many such cells.
    best = np.argwhere(inside >= inside.max() - 1)
    row, column = best[((best - best.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    return row, column, inside.max()


def tints(top, owner, n_experts):
    """Colours (n, m, 3) of the most probable experts, the fainter the less sure."""
    colours = np.array([tint(expert_colour(k), 1.0) for k in range(n_experts)])
    least = 1 / n_experts
    sure = (top - least) / (1 - least) if n_experts > 1 else top
    strength = _UNSURE + (_SURE - _UNSURE) * np.clip(sure, 0, 1)
    return 1 - strength[:, :, None] * (1 - colours[owner])
