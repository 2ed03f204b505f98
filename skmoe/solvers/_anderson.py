"""Anderson acceleration of a fixed-point iteration."""

from .._rows.arrays import array_namespace, device, solve_spd

__all__ = ["Anderson"]

_RIDGE = 1e-8


class Anderson:
    """Extrapolates from the last few steps of `x -> g(x)` (Walker & Ni 2011).

    Where steps grow, as on a plateau that EM is about to leave, the secant points backwards:
    there the step is made longer instead, twice as long each time that this works.

    Parameters
    ----------
    memory : int
        Number of differences of steps kept; 0 turns the extrapolation off.

    References
    ----------
    .. [1] Walker, H. F. & Ni, P. (2011). Anderson acceleration for fixed-point iterations. SIAM
       Journal on Numerical Analysis 49, 1715-1735.
    """

    def __init__(self, memory):
        self.memory = memory
        self.restart()

    def restart(self):
        """Forget the steps so far."""
        self.steps, self.images = [], []
        self.stretch = 2.0

    def propose(self, x, image):
        """Extrapolated point from `x` and its image `g(x)`, or None with too few steps."""
        self.steps.append(image - x)
        self.images.append(image)
        if len(self.steps) > self.memory + 1:
            self.steps.pop(0)
            self.images.pop(0)
        if self.memory == 0 or len(self.steps) < 2:
            return None
        xp = array_namespace(x)
        steps, images = xp.stack(self.steps), xp.stack(self.images)
        step_changes, image_changes = steps[1:, :] - steps[:-1, :], images[1:, :] - images[:-1, :]
        matrix = step_changes @ step_changes.T
        # Steps that are nearly parallel would let rounding errors into the mix.
        matrix = matrix + _RIDGE * xp.linalg.trace(matrix) * xp.eye(
            matrix.shape[0], dtype=matrix.dtype, device=device(matrix)
        )
        mix = solve_spd(matrix, (step_changes @ self.steps[-1])[:, None])[:, 0]
        proposal = image - mix @ image_changes
        step = image - x
        if float((proposal - image) @ step) >= 0:
            return proposal
        proposal = x + self.stretch * step
        self.stretch *= 2
        return proposal
