"""Other array libraries, devices and dtypes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import config_context

from skmoe import MoEClassifier, MoERegressor
from skmoe._rows.arrays import array_namespace, inverse_spd, solve_spd
from skmoe.exceptions import EmptyClassWarning, SeparationWarning
from skmoe.experts import LinearExpert
from skmoe.testing._backends import as_host

from .choosing import OTHER_BACKENDS
from .data import two_lines


@pytest.fixture(params=[p for p in OTHER_BACKENDS if p.values[0].library != "numpy"])
def backend(request):
    return request.param


def settings():
    return {"n_experts": 2, "n_init": 3, "random_state": 0}


def test_regressor_gives_the_coefficients_of_numpy(backend):
    X, y = two_lines(400)
    reference = MoERegressor(**settings()).fit(X, y)
    with config_context(array_api_dispatch=True):
        model = MoERegressor(**settings()).fit(backend.array(X), backend.array(y))
        prediction = model.predict(backend.array(X))
    assert backend.holds(prediction)
    tolerance = 1e-6 if backend.dtype == "float64" else 1e-3
    for name in ("gate_coef_", "expert_coef_", "expert_intercept_", "expert_scale_"):
        ours, theirs = as_host(getattr(model, name)), getattr(reference, name)
        assert_allclose(ours, theirs, rtol=10 * tolerance, atol=tolerance * np.abs(theirs).max())
    assert_allclose(as_host(prediction), reference.predict(X), rtol=tolerance, atol=tolerance)


def test_classifier_gives_the_probabilities_of_numpy(backend):
    X, y = two_lines(400)
    labels = np.digitize(y, [-1, 1])
    reference = MoEClassifier(**settings()).fit(X, labels)
    codes = backend.array(labels)
    xp = array_namespace(codes)
    with config_context(array_api_dispatch=True):
        model = MoEClassifier(**settings()).fit(backend.array(X), xp.astype(codes, xp.int64))
        proba = model.predict_proba(backend.array(X))
        predicted = as_host(model.predict(backend.array(X)))
    assert np.mean(predicted == labels) == reference.score(X, labels)
    tolerance = 1e-6 if backend.dtype == "float64" else 2e-3
    assert_allclose(as_host(proba), reference.predict_proba(X), atol=tolerance)


def test_problems_are_found_in_other_arrays_too(backend):
    X, _ = two_lines(100)
    labels, alone = np.arange(100) % 3, (X[:, 0] > np.median(X[:, 0])).astype(float)
    given, weight = backend.array(X), backend.array((labels != 1) * 1.0)
    xp = array_namespace(given)
    labels, alone = (xp.astype(backend.array(codes), xp.int64) for codes in (labels, alone))
    with config_context(array_api_dispatch=True):
        with pytest.warns(EmptyClassWarning, match=r"classes \[1\] have no row"):
            MoEClassifier(1).fit(given, labels, weight)
        model = MoEClassifier(1, expert=LinearExpert(alpha=0.0))
        with pytest.warns(SeparationWarning, match="predict rows without error"):
            model.fit(given, alone)
        assert_allclose(model.bic(), model.bic(given, alone), rtol=1e-4)


def test_float32_in_float32_out():
    X, y = two_lines(400)
    double = MoERegressor(**settings()).fit(X, y)
    single = MoERegressor(**settings()).fit(X.astype(np.float32), y.astype(np.float32))
    prediction = single.predict(X.astype(np.float32))
    assert prediction.dtype == np.float32
    assert single.gate_coef_.dtype == np.float32
    reference = double.predict(X)
    assert_allclose(prediction, reference, rtol=1e-3, atol=1e-3 * np.abs(reference).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_by_matrices_that_rounding_has_left_are_finite(dtype):
    # Differences of large equal sums: what is left may be below zero all along the diagonal.
    left = np.asarray([[-1e-3, 2e-3], [2e-3, -1e-4]], dtype=dtype)
    assert np.isfinite(solve_spd(left, np.ones((2, 1), dtype=dtype))).all()
    assert np.isfinite(inverse_spd(left)).all()


def test_what_rows_carry_is_carried_in_other_arrays_too(backend):
    X, _ = two_lines(400)
    rng = np.random.default_rng(0)
    groups, exposure = np.repeat(np.arange(80), 5), rng.uniform(1, 5, 400)
    first = rng.uniform(size=80) < 0.5
    y = rng.poisson(exposure * np.exp(np.where(first[groups], 1 + X[:, 0], -X[:, 0])))
    order = rng.permutation(400)
    X, y, exposure, groups = (own[order] for own in (X, y, exposure, groups))
    words = {"family": "poisson", **settings()}
    reference = MoERegressor(**words).fit(X, y, exposure=exposure, groups=groups)
    with config_context(array_api_dispatch=True):
        given = backend.array(X), backend.array(y)
        known = {"exposure": backend.array(exposure), "groups": groups}
        model = MoERegressor(**words).fit(*given, **known)
        resp = model.responsibilities(*given, **known)
        mean = model.predict(given[0], **known)
        bic = model.bic(*given, **known)
    assert backend.holds(resp)
    tolerance = 1e-5 if backend.dtype == "float64" else 5e-3
    assert_allclose(
        as_host(resp),
        reference.responsibilities(X, y, exposure=exposure, groups=groups),
        atol=tolerance,
    )
    assert_allclose(
        as_host(mean), reference.predict(X, exposure=exposure, groups=groups), rtol=tolerance
    )
    assert_allclose(bic, reference.bic(), rtol=1e-4)
