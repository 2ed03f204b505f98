"""Numbers far from one: offsets, sizes and weights that squares of could not hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier

from skmoe import MoEClassifier, MoERegressor
from skmoe.exceptions import DegenerateWarning, LostDigitsWarning, RowWeightWarning

from .choosing import needs_callbacks
from .data import quiet

R = np.random.default_rng(0)
X = R.normal(size=(300, 3))
Y = np.abs(X[:, 0]) + 0.1 * R.normal(size=300)
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int)
R2 = MoERegressor(2, random_state=0).fit(X, Y).score(X, Y)


@pytest.mark.parametrize("offset", [1e5, 5e5, 1e6])
def test_single_precision_keeps_columns_with_an_offset(offset):
    single = (X + offset).astype(np.float32)
    with quiet():
        model = MoERegressor(2, random_state=0).fit(single, Y)
        assert_allclose(model.score(single, Y), R2, atol=3e-3)
        moved = MoERegressor(2, random_state=0).fit(X.astype(np.float32), Y + offset)
        assert_allclose(moved.score(X, Y + offset), R2, atol=3e-3)
        classifier = MoEClassifier(2, random_state=0).fit(single, LABELS)
    assert classifier.score(single, LABELS) > 0.97


def test_columns_that_have_lost_their_digits_are_named():
    pandas = pytest.importorskip("pandas")
    table = X.copy()
    table[:, 1] += 1e7
    frame = pandas.DataFrame(table.astype(np.float32), columns=["a", "b", "c"])
    with pytest.warns(LostDigitsWarning, match=r"columns \['b'\] have .* is 0.84 steps"):
        MoERegressor(2, random_state=0).fit(frame, Y)
    with pytest.warns(LostDigitsWarning, match=r"targets \[0\].*float64"):
        MoERegressor(2, random_state=0).fit(X, Y + 1e16)


def test_large_constants_have_no_digits_to_lose():
    table = np.column_stack([X[:, 0], np.full(300, 1e300)])
    with pytest.warns(DegenerateWarning):
        model = MoERegressor(1, gate="constant").fit(table, np.full(300, 1e20))
    assert not any("digits" in problem for problem in model.problems_)
    assert_allclose(model.predict(table), 1e20)


@needs_callbacks  # without, a warning is said of a line further up
def test_a_warning_is_said_of_the_line_that_fits():
    with pytest.warns(DegenerateWarning) as found:
        MoERegressor(1, gate="constant").fit(X, np.ones(300))
    assert found[0].filename == __file__


def test_a_column_of_two_neighbouring_numbers_is_no_constant():
    table = np.column_stack([X[:, 0], np.where(LABELS, 0.3, np.nextafter(0.3, 1))])
    with pytest.warns(LostDigitsWarning, match=r"columns \[1\]"):
        model = MoEClassifier(1, random_state=0).fit(table, LABELS)
    assert model.score(table, LABELS) == 1


@pytest.fixture(scope="module", params=[np.asarray, csr_array])
def in_plain_units(request):
    """A kind of table, and the fit of one in units near one."""
    return request.param, MoERegressor(2, random_state=0).fit(request.param(X), Y)


@pytest.mark.parametrize("unit", [1e-310, 1e-200, 1e160, 1e300])
def test_units_of_columns(unit, in_plain_units):
    kind, expected = in_plain_units
    model = MoERegressor(2, random_state=0).fit(kind(X * unit), Y)
    assert_allclose(model.predict(kind(X * unit)), expected.predict(kind(X)), atol=1e-3)
    if unit > 1e-300:
        assert_allclose(model.expert_coef_ * unit, expected.expert_coef_, atol=1e-3)
    assert_allclose(model.expert_intercept_, expected.expert_intercept_, atol=1e-3)


@pytest.mark.parametrize("unit", [1e-310, 1e-200, 1e160, 1e300])
def test_units_of_targets(unit):
    model = MoERegressor(2, random_state=0).fit(X, Y * unit)
    assert_allclose(model.score(X, Y * unit), R2, atol=1e-6)
    assert np.isfinite(model.log_likelihood_)


@pytest.mark.parametrize("value", [1e39, 1e-46])
def test_targets_that_the_type_of_x_cannot_hold(value):
    model = MoERegressor(2, random_state=0).fit(X.astype(np.float32), Y)
    with pytest.raises(ValueError, match=r"y holds numbers up to .*allowed for X of float32"):
        model.fit(X.astype(np.float32), np.full(300, value))
    with pytest.raises(ValueError, match=r"y holds numbers up to .*allowed for X of float32"):
        model.score_samples(X.astype(np.float32), np.full(300, value))
    assert_allclose(model.score(X, Y), R2, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_that_sum_to_one_are_shares(dtype):
    table = X.astype(dtype)
    expected = MoERegressor(2, random_state=0).fit(table, Y)
    for total in (1.0, 1e-3, 1e-300):
        model = MoERegressor(2, random_state=0).fit(table, Y, np.full(300, total / 300))
        assert_allclose(model.predict(X), expected.predict(X), atol=1e-4)
        assert_allclose(model.log_likelihood_, expected.log_likelihood_, rtol=1e-4)
        criterion = model.bic(table, Y, np.full(300, total / 300))
        assert_allclose(criterion, expected.bic(table, Y), rtol=1e-4)


def test_shares_count_as_the_effective_sample_size():
    weight = np.repeat([1.0, 3.0], 150)
    counted = 300 * weight.mean() ** 2 / (weight**2).mean()
    model = MoERegressor(2, random_state=0).fit(X, Y, weight / weight.sum())
    same = MoERegressor(2, random_state=0).fit(X, Y, weight * counted / weight.sum())
    assert_allclose(model.log_likelihood_, same.log_likelihood_, rtol=1e-9)
    assert_allclose(model.predict(X), same.predict(X), rtol=1e-9)


def test_adaboost_of_mixtures():
    base = MoEClassifier(2, random_state=0)
    with quiet():
        boosted = AdaBoostClassifier(base, n_estimators=3, random_state=0).fit(X, LABELS)
        alone = clone(base).fit(X, LABELS).score(X, LABELS)
    assert boosted.score(X, LABELS) > alone - 0.01


def test_fewer_rows_than_parameters_by_weight():
    with quiet(), pytest.warns(RowWeightWarning, match=r"sums to 5 over 300 rows.* 11 parameters"):
        MoERegressor(2, gate="constant", random_state=0).fit(X, Y, np.full(300, 5 / 300))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_beyond_all_rows(dtype):
    weight = np.full(300, 1e300)
    with pytest.warns(RowWeightWarning, match="sums to more than"):
        model = MoERegressor(2, random_state=0).fit(X.astype(dtype), Y, weight)
    assert_allclose(model.score(X, Y, weight), R2, atol=1e-3)
    wide = 10.0 ** R.uniform(-200, 200, 300)
    with quiet():
        model = MoERegressor(1, random_state=0).fit(X.astype(dtype), Y, wide)
    assert np.isfinite(model.predict(X)).all()


def test_weights_of_a_stream_count_in_one_unit():
    model = MoERegressor(2, random_state=0).partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"largest sample_weight of the batch is 1e\+300"):
        model.partial_fit(X, Y, np.full(300, 1e300))
    # A batch of two half rows is one row, not two.
    other = clone(model).partial_fit(X, Y).partial_fit(X[:2], Y[:2], [0.5, 0.5])
    assert other._memory.weight == 301


@pytest.mark.parametrize("value", [1e155, -1e300])
def test_a_stream_refuses_rows_beyond_its_numbers(value):
    model = MoERegressor(2, random_state=0).partial_fit(X, Y)
    before = model.predict(X)
    bad = Y.copy()
    bad[7] = value
    with pytest.raises(ValueError, match=r"y of this batch reaches 1e\+\d+, too far"):
        model.partial_fit(X, bad)
    table = X.copy()
    table[7, 1] = value
    with pytest.raises(ValueError, match=r"X of this batch reaches"):
        model.partial_fit(table, Y)
    assert_allclose(model.predict(X), before, rtol=0)
    assert model.partial_fit(X, Y).score(X, Y) > R2 - 0.01


@pytest.mark.parametrize("family", ["gaussian", "student_t", "laplace"])
def test_what_is_next_to_nothing_may_become_nothing(family):
    y = np.abs(X[:, 0]) + 1e-3 * Y
    with np.errstate(all="raise"), quiet():
        model = MoERegressor(3, family=family, random_state=0).fit(X, y)
        far = np.vstack([X, 100 * X])
        model.gate_proba(far), model.predict(far), model.score(X, y), model.summary(X, y)
        law = model.predict_dist(X)
        law.cdf(y), law.crps(y), law.std(), law.interval(0.99)
        model.partial_fit(X, y)
