"""How many experts: a choice from a path of fits, and criteria as scorers."""

from ._choosing import Selection
from ._selection import aic_scorer, bic_scorer, icl_scorer, select_n_experts

__all__ = ["Selection", "aic_scorer", "bic_scorer", "icl_scorer", "select_n_experts"]
