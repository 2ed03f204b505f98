"""The data sets follow their equations, and the robot arm follows the laws of mechanics."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression

from skmoe import datasets
from skmoe.datasets import make_crossing_lines, make_parity, make_robot_arm, make_two_spirals

STEP = 1e-3  # s


def arm_state(n_samples=20):
    X, y = make_robot_arm(n_samples, random_state=3)
    return X[:, :4], X[:, 4:8], X[:, 8:], y


def rotation(angle, axis):
    """Matrices that turn by an angle about x (0), y (1) or z (2); complex angles are allowed."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(angle), 3, 3), dtype=angle.dtype)
    matrix[:, axis, axis] = 1
    matrix[:, i, i] = matrix[:, j, j] = np.cos(angle)
    matrix[:, j, i] = np.sin(angle)
    matrix[:, i, j] = -np.sin(angle)
    return matrix


def mass_positions(angles):
    """Positions (m) of the masses in the frame of the room, from one rotation per joint."""
    frame = rotation(angles[:, 0], 2)
    position, positions = 0, []
    for joint, length in enumerate(datasets._LENGTHS, start=1):
        frame = frame @ rotation(-angles[:, joint], 1)
        position = position + length * frame[:, :, 0]
        positions.append(position)
    return np.stack(positions, axis=1)


def kinetic_energy(angles, velocities):
    """In J; the velocities of the masses are the derivative of their positions."""
    small = 1e-30
    speed = mass_positions(angles + 1j * small * velocities).imag / small
    moving = np.sum(datasets._MASSES[:, None] * speed**2, axis=(1, 2))
    return (moving + np.sum(datasets._INERTIAS * velocities**2, axis=1)) / 2


def potential_energy(angles):
    return datasets._GRAVITY * mass_positions(angles)[:, :, 2] @ datasets._MASSES


def free_step(state):
    """One step of the fourth-order Runge-Kutta method without torques."""

    def slope(state):
        angles, velocities = state
        accelerations = datasets._joint_accelerations(angles, velocities, np.zeros_like(angles))
        return np.stack([velocities, accelerations])

    first = slope(state)
    second = slope(state + STEP / 2 * first)
    third = slope(state + STEP / 2 * second)
    fourth = slope(state + STEP * third)
    return state + STEP / 6 * (first + 2 * second + 2 * third + fourth)


def test_free_arm_keeps_its_energy():
    angles, velocities, _, _ = arm_state()
    state = np.stack([angles, velocities])
    start = potential_energy(angles) + kinetic_energy(angles, velocities)
    for _ in range(1000):
        state = free_step(state)
    assert np.all(np.ptp(np.stack([angles, state[0]]), axis=0).max(axis=0) > 1)
    kinetic = kinetic_energy(*state)
    assert_allclose(potential_energy(state[0]) + kinetic, start, atol=1e-5)
    assert not np.allclose(kinetic, kinetic_energy(angles, velocities), atol=1)


def test_arm_obeys_lagrange_equations():
    """Torques equal d/dt dL/dv - dL/dq, which forces that do no work enter too."""
    angles, velocities, torques, accelerations = arm_state()
    axes, small = np.eye(4), 1e-6

    def momentum(angles, velocities):
        # Kinetic energy is a square of the velocities: these differences are exact.
        ahead = [kinetic_energy(angles, velocities + axis) for axis in axes]
        behind = [kinetic_energy(angles, velocities - axis) for axis in axes]
        return (np.array(ahead) - np.array(behind)).T / 2

    def lagrangian(angles):
        return kinetic_energy(angles, velocities) - potential_energy(angles)

    def at(time):
        return momentum(angles + time * velocities, velocities + time * accelerations)

    change = (at(small) - at(-small)) / (2 * small)
    pull = [lagrangian(angles + small * axis) - lagrangian(angles - small * axis) for axis in axes]
    assert_allclose(change - np.array(pull).T / (2 * small), torques, atol=1e-6)


def test_more_torque_accelerates_along_it():
    angles, velocities, torques, accelerations = arm_state(500)
    extra = np.random.default_rng(0).standard_normal((2, 500, 4))
    response = [
        datasets._joint_accelerations(angles, velocities, torques + more) - accelerations
        for more in extra
    ]
    assert np.all(np.sum(response[0] * extra[0], axis=1) > 0)
    # Maxwell's reciprocity: the inertia matrix is symmetric.
    crossed = [np.sum(response[i] * extra[1 - i], axis=1) for i in (0, 1)]
    assert_allclose(*crossed, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_linear_regression_on_robot_arm(seed):
    X, y = make_robot_arm(random_state=seed)
    predicted = LinearRegression().fit(X[:15000], y[:15000]).predict(X[15000:])
    wanted = y[15000:]
    errors = np.sum((wanted - predicted) ** 2, axis=0)
    relative = errors / np.sum((wanted - wanted.mean(axis=0)) ** 2, axis=0)
    assert 0.28 < relative.mean() < 0.34
    assert np.all((relative > 0.2) & (relative < 0.5))


def test_robot_arm_inputs_and_noise():
    X, y = make_robot_arm(2000, random_state=0)
    assert X.shape == (2000, 12) and y.shape == (2000, 4)
    most = [*datasets._MAX_ANGLES, *datasets._MAX_VELOCITIES, *datasets._MAX_TORQUES]
    assert_allclose(np.abs(X).max(axis=0), most, rtol=0.02)
    same, noisy = make_robot_arm(2000, noise=2.0, random_state=0)
    assert_array_equal(same, X)
    assert_allclose((noisy - y).std(axis=0), 2, rtol=0.1)


def test_two_spirals_are_the_benchmark():
    X, y = make_two_spirals()
    assert X.shape == (194, 2)
    rows = []
    for i in range(97):
        angle, radius = i * np.pi / 16, 6.5 * (104 - i) / 104
        point = (radius * np.sin(angle), radius * np.cos(angle))
        rows += [(*point, 1), (-point[0], -point[1], 0)]
    assert_allclose(np.column_stack([X, y]), rows, rtol=0, atol=1e-15)
    assert_array_equal(X[y == 0], -X[y == 1])


@pytest.mark.parametrize("n_samples", [2, 3, 51, 1000])
def test_two_spirals_of_any_size_are_on_the_same_curves(n_samples):
    X, y = make_two_spirals(n_samples)
    assert X.shape == (n_samples, 2) and y.sum() == -(-n_samples // 2)
    turns = (104 - np.linalg.norm(X, axis=1) * 104 / 6.5) * np.pi / 16
    side = np.where(y == 1, 1, -1)
    angle = np.arctan2(side * X[:, 0], side * X[:, 1])
    assert_allclose(np.exp(1j * angle), np.exp(1j * turns), atol=1e-10)
    assert_allclose(np.diff(turns[y == 1], n=2), 0, atol=1e-10)


def test_two_spirals_noise():
    X, _ = make_two_spirals(2000)
    noisy, _ = make_two_spirals(2000, noise=0.5, random_state=0)
    assert_allclose((noisy - X).std(axis=0), 0.5, rtol=0.1)


def test_parity():
    X, y = make_parity()
    assert X.shape == (256, 8) and X.dtype == np.float64
    assert len(np.unique(X, axis=0)) == 256
    assert_array_equal(np.unique(X), [0, 1])
    assert np.issubdtype(y.dtype, np.integer)
    assert_array_equal(y, [f"{number:b}".count("1") % 2 for number in range(256)])


def test_crossing_lines():
    X, y = make_crossing_lines(20000, random_state=0)
    assert X.shape == (20000, 1) and y.shape == (20000,)
    x = X[:, 0]
    assert -1 <= x.min() < -0.99 and 3.99 < x.max() <= 4
    # Outside [1, 1.5] the input tells the line.
    rising, falling = x < 1, x > 1.5
    assert_allclose(rising.mean(), 0.25 * 2 / 2.5, atol=0.01)
    assert_allclose(falling.mean(), 0.75 * 2.5 / 3, atol=0.01)
    for rows, line in ((rising, (0.8, 0.4)), (falling, (-0.8, 2.4))):
        assert_allclose(np.polyfit(x[rows], y[rows], 1), line, atol=0.03)
        assert_allclose((y - np.polyval(line, x))[rows].std(), 0.3, atol=0.01)


@pytest.mark.parametrize("make", [make_robot_arm, make_two_spirals, make_crossing_lines])
def test_same_seed_same_data(make):
    noise = {} if make is make_crossing_lines else {"noise": 0.1}
    X, y = make(50, random_state=1, **noise)
    again, target = make(50, random_state=1, **noise)
    other, _ = make(50, random_state=2, **noise)
    assert_array_equal(again, X)
    assert_array_equal(target, y)
    assert not np.allclose(other, X)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (make_robot_arm, {"n_samples": 0}, "n_samples=0 .*integer of at least 1"),
        (make_robot_arm, {"noise": -1}, "noise=-1 .*at least 0"),
        (make_two_spirals, {"n_samples": 0}, "n_samples=0 .*integer of at least 2"),
        (make_two_spirals, {"noise": -1}, "noise=-1 .*at least 0"),
        (make_parity, {"n_bits": 0}, "n_bits=0 .*integer of at least 1"),
        (make_parity, {"n_bits": 2.0}, "n_bits=2.0 .*integer of at least 1"),
        (make_crossing_lines, {"n_samples": 0}, "n_samples=0 .*integer of at least 1"),
    ],
)
def test_bad_input(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings)


def test_public_names():
    made = {name for name in vars(datasets) if name.startswith("make_")}
    assert made == set(datasets.__all__)
