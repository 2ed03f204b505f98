"""Pictures and texts that show what a fitted mixture knows.

Displays follow scikit-learn: `from_estimator` computes and draws, `plot` draws once more, `ax_` and
`figure_` hold the picture. They need matplotlib.
"""

from ._calibration import CalibrationDisplay
from ._convergence import ConvergenceDisplay
from ._elbow import ElbowDisplay
from ._expert import ExpertDisplay
from ._export import export_text
from ._gate import GateDisplay
from ._predictive import PredictiveDisplay
from ._responsibility import ResponsibilityDisplay
from ._tree import TreeDisplay
from ._usage import UsageDisplay

__all__ = [
    "CalibrationDisplay",
    "ConvergenceDisplay",
    "ElbowDisplay",
    "ExpertDisplay",
    "GateDisplay",
    "PredictiveDisplay",
    "ResponsibilityDisplay",
    "TreeDisplay",
    "UsageDisplay",
    "export_text",
]
