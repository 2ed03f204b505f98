"""Standard errors against numerical second derivatives, closed forms and repetition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.special import gammaln, log_softmax, logsumexp
from scipy.stats import norm
from sklearn.datasets import load_diabetes
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.inference._standard_errors import _interval
from skmoe.solvers import Adam

from .choosing import FULL, every_value

PLAIN = LinearExpert(alpha=0)


def mixed_rows(kind, n=400, seed=0, third=False):
    """Rows of two or three regimes in units far from zero and one."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2)) * [3, 0.1] + [50, -2]
    Z = (X - [50, -2]) / [3, 0.1]
    first = rng.uniform(size=n) < 1 / (1 + np.exp(-1.5 * Z[:, 0]))
    eta = np.where(first, 0.5 + Z[:, 1], -0.5 - 0.7 * Z[:, 1])
    if third:
        chosen = rng.uniform(size=n) < 1 / (1 + np.exp(-2 * Z[:, 1]))
        eta = np.where(chosen & ~first, 2 - Z[:, 0], eta)
    if kind == "gaussian":
        return X, 7 + 20 * eta + rng.normal(size=n) * np.where(first, 5, 10)
    if kind == "poisson":
        return X, rng.poisson(np.exp(1 + eta)).astype(float)
    logits = np.column_stack([0 * eta, 1.5 * eta, -1.5 * eta])
    return X, np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)


def hessian(f, x, steps):
    """Second derivatives of a function of a vector by central differences."""
    size = len(x)
    eye = np.diag(steps)
    table = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            moves = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [a * b * f(x + a * eye[i] + b * eye[j]) for a, b in moves]
            table[i, j] = table[j, i] = sum(values) / (4 * steps[i] * steps[j])
    return table


def log_density(kind, y, eta, log_scale):
    if kind == "gaussian":
        return norm.logpdf(y[:, None], eta[:, :, 0], np.exp(log_scale))
    if kind == "poisson":
        return y[:, None] * eta[:, :, 0] - np.exp(eta[:, :, 0]) - gammaln(y + 1)[:, None]
    table = log_softmax(eta, axis=2)
    return np.take_along_axis(table, y[:, None, None], axis=2)[:, :, 0]


def free(table, axis):
    """Numbers that sum to zero over an axis, without the last."""
    return np.delete(table, -1, axis)


def closed(table, axis):
    """The same with the last, which the others imply."""
    return np.concatenate([table, -table.sum(axis, keepdims=True)], axis)


@pytest.mark.parametrize(
    ("kind", "gate"), every_value(["gaussian", "poisson", "classes"], ["softmax", "hierarchical"])
)
def test_standard_errors_are_those_of_numerical_second_derivatives(kind, gate):
    three = gate == "hierarchical"
    X, y = mixed_rows(kind, n=800 if three else 400, third=three)
    n_experts = 3 if gate == "hierarchical" else 2
    settings = {"expert": PLAIN, "tol": 1e-9, "n_init": 4, "random_state": 1, "max_iter": 2000}
    if gate == "hierarchical":
        from skmoe.gates import HierarchicalGate

        # A little penalty: three experts on two regimes leave a border undetermined.
        settings["gate"] = HierarchicalGate(SoftmaxGate(alpha=1.0))
        if kind == "classes":
            settings["expert"] = LinearExpert(alpha=1.0)
    else:
        settings["gate"] = SoftmaxGate(alpha=0)
    if kind == "classes":
        model = MoEClassifier(n_experts, **settings)
    else:
        model = MoERegressor(n_experts, family=kind, **settings)
    model.fit(X, y)
    spread, center = X.std(axis=0), X.mean(axis=0)
    Z = (X - center) / spread
    several = kind == "classes"
    coef, intercept = model.expert_coef_, model.expert_intercept_
    if not several:
        coef, intercept = coef[:, None, :], intercept[:, None]
    name = "gate" if gate == "softmax" else "node"
    gate_coef, gate_intercept = (getattr(model, f"{name}_{x}_") for x in ("coef", "intercept"))
    # On scaled columns, so that all steps can be alike; the last of every sum to zero left out.
    slopes, constants = coef * spread, intercept + coef @ center
    own = [gate_coef * spread, (gate_intercept + gate_coef @ center)[:, None]]
    pairs = np.concatenate(own, axis=1).reshape(-1, 2, 3)
    experts = np.concatenate([slopes, constants[:, :, None]], axis=2)
    scale = np.log(model.expert_scale_) if kind == "gaussian" else np.empty(0)
    unit = y.std() if kind == "gaussian" else 1.0
    start = [free(pairs, 1), free(experts, 1) if several else experts, scale]
    cuts = np.cumsum([part.size for part in start])[:-1]
    shapes = [part.shape for part in start]
    D = np.column_stack([Z, np.ones(len(Z))])

    def tables(theta):
        parts = [part.reshape(s) for part, s in zip(np.split(theta, cuts), shapes, strict=True)]
        return closed(parts[0], 1), closed(parts[1], 1) if several else parts[1], parts[2]

    def log_likelihood(theta):
        nodes, experts, scale = tables(theta)
        branch = log_softmax(np.einsum("nd,mkd->nmk", D, nodes), axis=2)
        log_gate = branch[:, 0, :]
        if len(nodes) > 1:
            paths = model.gate_.leaf_paths()
            heads = [path[:-1] for path in model.gate_.branches[::2]]
            steps = [[(heads.index(p[:i]), p[i]) for i in range(len(p))] for p in paths]
            log_gate = np.column_stack([sum(branch[:, m, t] for m, t in s) for s in steps])
        eta = np.einsum("nd,kcd->nkc", D, experts)
        value = logsumexp(log_gate + log_density(kind, y, eta, scale), axis=1).sum()
        if gate == "hierarchical":
            value -= np.sum(nodes[:, :, :2] ** 2) / 2
            shrunk = experts**2 * [1, 1, 0.01]
            value -= shrunk.sum() / 2 if several else 0
        return value

    theta = np.concatenate([part.ravel() for part in start])
    assert_allclose(log_likelihood(theta), model.objective_, rtol=1e-9)
    sizes = np.ones(len(theta))
    if kind == "gaussian":
        sizes[cuts[0] : cuts[1]] = unit
    information = -hessian(
        log_likelihood, theta, 2e-4 * sizes * np.maximum(1, np.abs(theta / sizes))
    )
    covariance = np.linalg.inv(information)

    def reported(theta):
        nodes, experts, scale = tables(theta)
        rows = []
        for table in (experts, nodes):
            coef = table[..., :-1] / spread
            rows += [coef.ravel(), (table[..., -1] - coef @ center).ravel()]
        return np.concatenate([rows[0], rows[1], scale, rows[2], rows[3]])

    jacobian = np.stack(
        [(reported(theta + e) - reported(theta - e)) / 2 for e in np.eye(len(theta))]
    )
    want = np.sqrt(np.diag(jacobian.T @ covariance @ jacobian))
    result = model.inference(X, y)
    errors = dict(result.std_errors)
    if kind == "gaussian":
        errors["expert_scale_"] = errors["expert_scale_"] / model.expert_scale_
    got = np.concatenate([table.ravel() for table in errors.values()])
    assert_allclose(got, want, rtol=1e-4)
    assert not result.undetermined


def test_one_expert_has_the_standard_errors_of_statsmodels():
    X, y = load_diabetes(return_X_y=True)
    n, d = X.shape
    D = np.column_stack([X, np.ones(n)])
    one = MoERegressor(1, expert=PLAIN, tol=1e-12).fit(X, y)
    errors = one.inference(X, y).std_errors
    variance = one.expert_scale_[0] ** 2
    want = np.sqrt(np.diag(variance * np.linalg.inv(D.T @ D)))
    got = np.append(errors["expert_coef_"], errors["expert_intercept_"])
    assert_allclose(got, want, rtol=1e-6)
    # statsmodels 0.15.0, OLS(y, add_constant(X)).fit().bse: with n - d - 1 in place of n.
    bse = [59.7492, 61.2224, 66.5334, 65.4221]
    assert_allclose(got[:4] * np.sqrt(n / (n - d - 1)), bse, rtol=2e-5)
    assert_allclose(errors["expert_scale_"], one.expert_scale_ / np.sqrt(2 * n), rtol=1e-5)


def test_one_expert_of_counts_and_classes_has_the_closed_form():
    X, y = mixed_rows("poisson")
    model = MoERegressor(1, family="poisson", expert=PLAIN, tol=1e-12).fit(X, y)
    D = np.column_stack([X, np.ones(len(X))])
    want = np.sqrt(np.diag(np.linalg.inv((D.T * model.predict(X)) @ D)))
    errors = model.inference(X, y).std_errors
    got = np.append(errors["expert_coef_"], errors["expert_intercept_"])
    assert_allclose(got, want, rtol=1e-5)
    label = mixed_rows("classes")[1] > 0
    model = MoEClassifier(1, expert=PLAIN, tol=1e-12).fit(X, label)
    p = model.predict_proba(X)[:, 1]
    want = np.sqrt(np.diag(np.linalg.inv((D.T * (p * (1 - p))) @ D)))
    errors = model.inference(X, label).std_errors
    got = np.append(errors["expert_coef_"], errors["expert_intercept_"])
    assert_allclose(got, want, rtol=1e-5)


def test_the_sandwich_of_one_expert_is_whites():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2))
    y = X[:, 0] + rng.normal(size=500) * (1 + np.abs(X[:, 0]))
    model = MoERegressor(1, expert=PLAIN, tol=1e-12).fit(X, y)
    D = np.column_stack([X, np.ones(len(X))])
    bread = np.linalg.inv(D.T @ D)
    meat = (D.T * (y - model.predict(X)) ** 2) @ D
    want = np.sqrt(np.diag(bread @ meat @ bread))
    errors = model.inference(X, y, robust=True).std_errors
    got = np.append(errors["expert_coef_"], errors["expert_intercept_"])
    assert_allclose(got, want, rtol=1e-5)
    plain = model.inference(X, y).std_errors["expert_coef_"]
    assert got[0] > 1.3 * plain[0, 0]


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("kind", ["gaussian", "classes"])
def test_a_row_of_weight_two_counts_as_two(robust, kind):
    X, y = mixed_rows(kind, n=200)
    weight = np.where(np.arange(200) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(200), weight.astype(int))
    estimator = MoEClassifier if kind == "classes" else MoERegressor
    model = estimator(2, random_state=0).fit(X, y, sample_weight=weight)
    once = model.inference(X, y, sample_weight=weight, robust=robust)
    again = model.inference(X[twice], y[twice], robust=robust)
    for name, table in once.std_errors.items():
        assert_allclose(table, again.std_errors[name], rtol=1e-6)


@pytest.mark.parametrize("gate", ["softmax", "constant", "top_k", "gaussian", "quadratic"])
def test_units_and_the_order_of_rows_do_not_matter(gate):
    X, y = mixed_rows("gaussian", n=300)
    order = np.random.default_rng(0).permutation(300)
    fits = [
        MoERegressor(2, gate=gate, tol=1e-10, random_state=0).fit(X, y).inference(X, y),
        MoERegressor(2, gate=gate, tol=1e-10, random_state=0)
        .fit(1000 * X[order] - 7, 5 * y[order] + 3)
        .inference(1000 * X[order] - 7, 5 * y[order] + 3),
    ]
    errors = [fit.std_errors["expert_coef_"] for fit in fits]
    assert_allclose(errors[1], errors[0] / 200, rtol=1e-3)


def test_scores_of_rows_add_up_to_the_gradient():
    X, y = mixed_rows("gaussian", n=150)
    models = [
        MoERegressor(3, random_state=0),
        MoERegressor(3, family="student_t", random_state=0),
        MoERegressor(2, gate="constant", random_state=0),
        HMERegressor(depth=2, random_state=0),
        MoERegressor(3, gate="top_k", random_state=0),
    ]
    for model in models:
        mixture = model.fit(X, y)._mixture
        design, target = model._units.prepare(X, y[:, None])
        want = mixture.value_and_gradient(design, target, np.ones(150))[1]
        scores = [own.by_parameter() for own in mixture.slopes(design, target)]
        assert_allclose(np.concatenate(scores, axis=1).sum(axis=0), want, atol=1e-8)


def test_pooled_experts_are_as_uncertain_as_the_one_they_stand_for():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X[:, 0] + rng.normal(size=300)
    pooled = MoERegressor(3, random_state=0).fit(X, y)
    assert np.ptp(pooled.expert_coef_, axis=0).max() < 1e-3
    one = MoERegressor(1, random_state=0).fit(X, y)
    want = one.inference(X, y).std_errors["expert_coef_"]
    # Who of three equal experts answers, nobody can know.
    with pytest.warns(UserWarning, match="gate 0: intercept"):
        result = pooled.inference(X, y)
    got = result.std_errors["expert_coef_"]
    assert_allclose(got, np.repeat(want, 3, axis=0), rtol=0.02)
    robust = one.inference(X, y, robust=True).std_errors["expert_coef_"]
    with pytest.warns(UserWarning, match="gate 0: intercept"):
        got = pooled.inference(X, y, robust=True).std_errors["expert_coef_"]
    assert_allclose(got, np.repeat(robust, 3, axis=0), rtol=0.02)


def test_what_the_data_do_not_determine_has_an_infinite_standard_error():
    X, y = mixed_rows("gaussian", n=100)
    X = np.column_stack([X, 2 * X[:, 0]])
    model = MoERegressor(1, expert=PLAIN).fit(X, y)
    with pytest.warns(UserWarning, match="do not determine.*x0.*x2"):
        result = model.inference(X, y)
    assert np.isinf(result.std_errors["expert_coef_"][0]).tolist() == [True, False, True]
    assert [term.name for term in result.undetermined] == [
        "x0",
        "x2",
    ]


def test_an_interval_of_a_large_scale_that_nothing_determines_is_everything():
    with np.errstate(all="raise"):
        low, high = _interval(1e200, np.inf, positive=True, confidence=0.95)
    assert 0 < low < 1e-100 and high == np.inf


def test_columns_that_are_not_looked_at_are_no_terms():
    X, y = mixed_rows("gaussian", n=200)
    model = MoERegressor(2, gate=SoftmaxGate(columns=[0]), random_state=0).fit(X, y)
    result = model.inference(X, y)
    assert [t.name for t in result.terms if t.part == "gate" and t.expert == 0] == [
        "x0",
        "intercept",
    ]
    assert result.covariance.shape == (len(result.terms),) * 2
    assert (np.diag(result.covariance) > 0).all()


def test_the_frame_holds_tests_and_intervals():
    X, y = mixed_rows("gaussian", n=200)
    model = MoERegressor(2, random_state=0).fit(X, y)
    result = model.inference(X, y)
    frame = result.to_frame(confidence=0.9)
    row = frame.loc[("experts", 1, "x1")]
    assert_allclose(row["value"], model.expert_coef_[1, 1])
    reach = 1.6448536269514722 * result.std_errors["expert_coef_"][1, 1]
    assert_allclose(row[["lower", "upper"]], model.expert_coef_[1, 1] + reach * np.array([-1, 1]))
    assert_allclose(row["p_value"], 2 * norm.sf(abs(row["z"])))
    scale = frame.loc[("experts", 0, "scale")]
    assert np.isnan(scale["z"]) and scale["lower"] > 0
    ends = result.intervals(0.9)["expert_scale_"]
    assert_allclose(ends[:, 0], scale[["lower", "upper"]])
    assert_allclose(ends.prod(axis=0), model.expert_scale_**2)
    classes = MoEClassifier(2, random_state=0).fit(X, np.digitize(y, [0, 15]))
    frame = classes.inference(X, np.digitize(y, [0, 15])).to_frame()
    assert set(frame.index.get_level_values("target")[:9]) == {0, 1, 2}


def test_a_sparse_table_has_the_standard_errors_of_the_dense_one():
    X, y = mixed_rows("gaussian", n=200)
    X = X - [50, -2]
    settings = {"gate": SoftmaxGate(alpha=0), "expert": PLAIN, "tol": 1e-10, "random_state": 0}
    dense = MoERegressor(2, **settings).fit(X, y)
    sparse = MoERegressor(2, init=dense, **settings).fit(csr_array(X), y)
    for robust in (False, True):
        errors = dense.inference(X, y, robust=robust).std_errors
        for name, error in sparse.inference(csr_array(X), y, robust=robust).std_errors.items():
            assert_allclose(error, errors[name], rtol=1e-3)
    assert "std. error" in str(sparse.summary(csr_array(X), y))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_without_any_spread_what_is_not_zero_is_infinitely_far_from_it():
    # Rows that are met exactly have no scores, and the sandwich is zero.
    X, y = np.arange(20.0)[:, None], np.full(20, 3.0)
    model = MoERegressor(1, expert=PLAIN).fit(X, y)
    with pytest.warns(UserWarning, match="singular"):
        frame = model.inference(X, y, robust=True).to_frame().loc["experts", 0]
    assert (frame["std_error"][["x0", "intercept"]] == 0).all()
    assert frame["z"]["intercept"] == np.inf and frame["p_value"]["intercept"] == 0
    assert frame["z"]["x0"] == 0 and frame["p_value"]["x0"] == 1
    assert "intercept" in str(model.summary(X, y, robust=True))


def test_mixtures_without_coefficients_are_refused_with_words():
    X, y = mixed_rows("gaussian", n=200)
    for settings, words in [
        ({"expert": DecisionTreeRegressor(max_depth=2)}, "EstimatorExpert.*resample"),
        ({"expert": "mlp", "solver": Adam(n_epochs=20)}, "MLPExpert"),
        ({"average": True, "n_init": 2}, "AveragedGate"),
    ]:
        model = MoERegressor(2, random_state=0, max_iter=20, **settings).fit(X, y)
        with pytest.raises(ValueError, match=words):
            model.inference(X, y)
    model = MoERegressor(2, gate="gaussian", random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"robust=True.*GaussianGate"):
        model.inference(X, y, robust=True)


@FULL
def test_intervals_cover_what_is_planted_in_95_of_100_fits():
    planted = np.array([[0.0, 2.0], [1.0, -1.0]])
    hits = []
    for seed in range(500):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(400, 2))
        first = rng.uniform(size=400) < 1 / (1 + np.exp(-2 * X[:, 0]))
        y = np.where(first, 3 + X @ planted[0], -3 + X @ planted[1]) + 0.7 * rng.normal(size=400)
        model = MoERegressor(
            2, gate=SoftmaxGate(alpha=0), expert=PLAIN, n_init=8, random_state=0
        ).fit(X, y)
        result = model.inference(X, y)
        order = np.argsort(-model.expert_intercept_)
        low, high = result.intervals()["expert_coef_"][:, order]
        gate = result.intervals()["gate_coef_"][:, order[0], 0]
        inside = (low <= planted) & (planted <= high)
        hits.append([*inside.ravel(), gate[0] <= 1 <= gate[1]])
    coverage = np.mean(hits, axis=0)
    assert ((coverage >= 0.92) & (coverage <= 0.98)).all(), coverage
