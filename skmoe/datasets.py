"""Data sets that mixtures of experts are classically tried on, made from their equations."""

import numpy as np
from sklearn.utils import check_random_state

from ._rows.validation import check_count, check_positive

__all__ = ["make_crossing_lines", "make_parity", "make_robot_arm", "make_two_spirals"]

# The arm: a turning column that carries three links, each with a point mass at its far end.
_LENGTHS = np.array([0.5, 0.4, 0.3])  # of the links, from the column outwards, m
_MASSES = np.array([3.0, 2.0, 1.0])  # at the far ends of the links, kg
_INERTIAS = np.array([0.2, 0.2, 0.1, 0.05])  # of the motors about their joints, kg m^2
_GRAVITY = 9.81  # m/s^2

# Inputs are uniform up to these on either side of zero. They are wide enough that linear
# regression leaves 0.31 of the variance of the accelerations, as in Jordan & Jacobs (1994).
_MAX_ANGLES = np.pi * np.array([1.0, 0.5, 0.75, 0.75])  # rad
_MAX_VELOCITIES = np.array([4.0, 4.0, 4.0, 4.0])  # rad/s
_MAX_TORQUES = np.array([30.0, 30.0, 15.0, 5.0])  # N m


def make_robot_arm(n_samples=20000, *, noise=0.0, random_state=None):
    """Forward dynamics of a robot arm with four joints that moves in three dimensions.

    The first joint turns the column about the vertical; the other three raise the links in the
    vertical plane through the column, each relative to the link before. At angles of zero the
    arm is stretched out horizontally. The accelerations `a` of the joints solve

        M(q) a + C(q, v) v + g(q) = u

    for their angles `q`, velocities `v` and torques `u`. The arm of [1]_ is not given there in
    numbers: this one has its joints, its inputs and outputs, and about the relative error of
    linear regression that is reported for it, 0.31.

    Parameters
    ----------
    n_samples : int, default=20000
        Number of rows. In [1]_, 15,000 were for training and 5,000 for testing.
    noise : float, default=0.0
        Standard deviation of the Gaussian noise on the accelerations, in rad/s^2.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 12)
        Angles (rad) of the four joints, their velocities (rad/s), and their torques (N m).
    y : ndarray of shape (n_samples, 4)
        Accelerations (rad/s^2) of the four joints.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from skmoe.datasets import make_robot_arm
    >>> X, y = make_robot_arm(random_state=0)
    >>> linear = LinearRegression().fit(X[:15000], y[:15000])
    >>> print(f"{1 - linear.score(X[15000:], y[15000:]):.1f}")
    0.3
    """
    n_samples = check_count(n_samples, "n_samples")
    noise = check_positive(noise, "noise", zero=True)
    random_state = check_random_state(random_state)
    most = np.concatenate([_MAX_ANGLES, _MAX_VELOCITIES, _MAX_TORQUES])
    X = random_state.uniform(-most, most, size=(n_samples, 12))
    y = _joint_accelerations(X[:, :4], X[:, 4:8], X[:, 8:])
    return X, y + noise * random_state.standard_normal(y.shape)


def _joint_accelerations(angles, velocities, torques):
    """Accelerations (rad/s^2) of the joints; all arrays are of shape (n_samples, 4)."""
    pitch = np.cumsum(angles[:, 1:], axis=1)
    outward, upward = _LENGTHS * np.cos(pitch), _LENGTHS * np.sin(pitch)
    jacobian = _jacobian(outward, upward)
    felt = _coasting(outward, upward, velocities)
    felt[:, :, 2] += _GRAVITY
    forces = _MASSES[:, None, None] * jacobian
    inertia = np.einsum("nkdi,nkdj->nij", forces, jacobian) + np.diag(_INERTIAS)
    rest = np.einsum("nkdi,nkd->ni", forces, felt)
    return np.linalg.solve(inertia, (torques - rest)[:, :, None])[:, :, 0]


def _jacobian(outward, upward):
    """Velocities of the masses per velocity of a joint, in the frame that turns with the column.

    Parameters
    ----------
    outward, upward : ndarray of shape (n_samples, 3)
        Horizontal and vertical extent (m) of every link.

    Returns
    -------
    ndarray of shape (n_samples, 3, 3, 4)
        By mass, direction (outwards, sideways, upwards) and joint, in m.
    """
    jacobian = np.zeros((len(outward), 3, 3, 4))
    for joint in range(3):
        jacobian[:, joint:, 0, joint + 1] = -np.cumsum(upward[:, joint:], axis=1)
        jacobian[:, joint:, 2, joint + 1] = np.cumsum(outward[:, joint:], axis=1)
    jacobian[:, :, 1, 0] = np.cumsum(outward, axis=1)
    return jacobian


def _coasting(outward, upward, velocities):
    """Accelerations (m/s^2) of the masses while the joints keep their velocities.

    They are the centrifugal and Coriolis terms, of shape (n_samples, 3, 3) by mass and direction.
    """
    turn, pitch = velocities[:, :1], np.cumsum(velocities[:, 1:], axis=1)
    radius, growth = np.cumsum(outward, axis=1), np.cumsum(-upward * pitch, axis=1)
    return np.stack(
        [
            np.cumsum(-outward * pitch**2, axis=1) - radius * turn**2,
            2 * growth * turn,
            np.cumsum(-upward * pitch**2, axis=1),
        ],
        axis=2,
    )


def make_two_spirals(n_samples=194, *, noise=0.0, random_state=None):
    """Two spirals that wind three times around the origin and each other.

    The points of both spirals take turns, from the outside in. The default of 194 points without
    noise is the benchmark of [1]_; any other number is spread evenly, by angle, over the same
    curves.

    Parameters
    ----------
    n_samples : int, default=194
        Number of points on both spirals, at least 2. The first gets the odd one.
    noise : float, default=0.0
        Standard deviation of the Gaussian noise on the coordinates; the outer radius is 6.5.
    random_state : int, RandomState instance or None, default=None
        Only noise makes use of it.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples,)
        1 on the first spiral, 0 on its reflection through the origin.

    References
    ----------
    .. [1] Lang, K. J. & Witbrock, M. J. (1988). Learning to tell two spirals apart. Proceedings
       of the 1988 Connectionist Models Summer School, 52-59. Morgan Kaufmann.

    Examples
    --------
    >>> from skmoe.datasets import make_two_spirals
    >>> X, y = make_two_spirals()
    >>> X[:2].round(1) + 0.0
    array([[ 0. ,  6.5],
           [ 0. , -6.5]])
    >>> y[:4]
    array([1, 0, 1, 0])
    """
    n_samples = check_count(n_samples, "n_samples", minimum=2)
    noise = check_positive(noise, "noise", zero=True)
    random_state = check_random_state(random_state)
    X = np.empty((n_samples, 2))
    X[::2] = _spiral(len(X[::2]))
    X[1::2] = -_spiral(len(X[1::2]))
    y = 1 - np.arange(n_samples) % 2
    return X + noise * random_state.standard_normal(X.shape), y


def _spiral(n_points):
    """Points of the first spiral, of shape (n_points, 2); the benchmark has them at 0, ..., 96."""
    step = np.linspace(0, 96, n_points)
    angle = step * np.pi / 16
    radius = 6.5 * (104 - step) / 104
    return radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])


def make_parity(n_bits=8):
    """Whether the number of ones among some bits is odd, for all rows of bits.

    Parameters
    ----------
    n_bits : int, default=8
        Number of columns; there is a row for every way to fill them.

    Returns
    -------
    X : ndarray of shape (2**n_bits, n_bits)
        Zeros and ones, in the order of binary numbers.
    y : ndarray of shape (2**n_bits,)
        1 for an odd number of ones, 0 for an even one.

    References
    ----------
    .. [1] Minsky, M. & Papert, S. (1969). Perceptrons. MIT Press.

    Examples
    --------
    >>> from skmoe.datasets import make_parity
    >>> X, y = make_parity(2)
    >>> X
    array([[0., 0.],
           [0., 1.],
           [1., 0.],
           [1., 1.]])
    >>> y
    array([0, 1, 1, 0])
    """
    n_bits = check_count(n_bits, "n_bits")
    bits = np.arange(2**n_bits)[:, None] >> np.arange(n_bits)[::-1] & 1
    return bits.astype(np.float64), bits.sum(axis=1) % 2


def make_crossing_lines(n_samples=1000, *, random_state=None):
    """Two noisy lines over ranges that overlap.

    A quarter of the points, on average, is on y = 0.8 x + 0.4 with x uniform in [-1, 1.5], the
    others are on y = -0.8 x + 2.4 with x uniform in [1, 4]. Gaussian noise of standard deviation
    0.3 is added to y.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
    y : ndarray of shape (n_samples,)

    References
    ----------
    .. [1] Xu, L., Jordan, M. I. & Hinton, G. E. (1995). An alternative model for mixtures of
       experts. Advances in Neural Information Processing Systems 7, 633-640.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.datasets import make_crossing_lines
    >>> X, y = make_crossing_lines(random_state=0)
    >>> moe = MoERegressor(n_experts=2, random_state=0).fit(X, y)
    >>> print(f"{moe.score(X, y):.1f}")
    0.8
    """
    n_samples = check_count(n_samples, "n_samples")
    random_state = check_random_state(random_state)
    rising = random_state.uniform(size=n_samples) < 0.25
    x = random_state.uniform(np.where(rising, -1.0, 1.0), np.where(rising, 1.5, 4.0))
    y = np.where(rising, 0.8 * x + 0.4, -0.8 * x + 2.4)
    return x[:, None], y + 0.3 * random_state.standard_normal(n_samples)
