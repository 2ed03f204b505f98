"""Families: special cases, independent references, outliers, units, bad targets."""

import numpy as np
import pytest
from matplotlib import pyplot
from numpy.testing import assert_allclose
from scipy import special, stats
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    TweedieRegressor,
)
from sklearn.metrics import d2_tweedie_score, r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.ties import Ties, learn_ties
from skmoe._rows.weights import largest_total
from skmoe.experts import LinearExpert
from skmoe.families import (
    Bernoulli,
    Beta,
    Categorical,
    Gamma,
    Gaussian,
    InverseGaussian,
    Laplace,
    LogNormal,
    NegativeBinomial,
    Poisson,
    StudentT,
    Tweedie,
    Weibull,
)
from skmoe.families._base import ScaleSums
from skmoe.gates import SoftmaxGate
from skmoe.inspection import CalibrationDisplay, export_text

from .choosing import FULL
from .data import two_lines

FREE = LinearExpert(alpha=0.0)
LOCATIONS = ["gaussian", "student_t", "laplace"]
COUNTS = ["poisson", "negative_binomial"]
POSITIVE = ["gamma", "lognormal", "weibull", "inverse_gaussian"]
LOG_LINKS = [*COUNTS, *POSITIVE, "tweedie"]
SHARES = ["bernoulli", "beta"]
EVERY = [*LOCATIONS, *LOG_LINKS, *SHARES]
# Of what families have in common, the default suite tries some of each kind.
LEAN = [
    pytest.param(family, marks=FULL) if family in [*POSITIVE[1:], "beta"] else family
    for family in EVERY
]
LEANEST = [
    pytest.param("tweedie", marks=FULL) if family == "tweedie" else family for family in LEAN
]
GAMMA_TAILS = (special.gammainc, special.gammaincc)


@pytest.fixture(scope="module")
def diabetes():
    """Disease scores of 442 patients: whole numbers from 25 to 346."""
    return load_diabetes(return_X_y=True)


def targets_of(family, n=400, seed=0):
    """Rows and targets that follow one regression left of zero and another right of it."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 2))
    eta = np.where(X[:, 0] < 0, 1.5 + X[:, 1], 0.5 - X[:, 1])
    draw = {
        "gaussian": lambda: rng.normal(eta, 0.3),
        "student_t": lambda: eta + 0.3 * rng.standard_t(3, size=n),
        "laplace": lambda: rng.laplace(eta, 0.3),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "negative_binomial": lambda: rng.poisson(np.exp(eta) * rng.gamma(4, 1 / 4, size=n)),
        "gamma": lambda: np.exp(eta) * rng.gamma(4, 1 / 4, size=n),
        "lognormal": lambda: rng.lognormal(eta - 0.125, 0.5, size=n),
        "weibull": lambda: np.exp(eta) * rng.weibull(2, size=n) / special.gamma(1.5),
        "inverse_gaussian": lambda: rng.wald(np.exp(eta), 20),
        "tweedie": lambda: np.exp(eta) / 4 * rng.gamma(2 * rng.poisson(2, size=n)),
        "beta": lambda: rng.beta(9 * special.expit(eta), 9 * special.expit(-eta)),
        "bernoulli": lambda: rng.uniform(size=n) < 1 / (1 + np.exp(-2 * eta)),
    }[family]
    return X, draw().astype(float)


# -- one expert is the generalised linear model ------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 5.0])
def test_one_poisson_expert_is_poisson_regression(diabetes, alpha):
    X, y = diabetes
    scaled = StandardScaler().fit_transform(X)
    # Its penalty stands beside the mean over rows, not the sum.
    reference = PoissonRegressor(
        alpha=alpha / len(X), solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(scaled, y)
    model = MoERegressor(1, family="poisson", expert=LinearExpert(alpha)).fit(X, y)
    mean = reference.predict(scaled)
    assert_allclose(model.predict(X), mean, rtol=1e-6)
    assert_allclose(model.log_likelihood_, stats.poisson.logpmf(y, mean).sum(), rtol=1e-6)


def test_rates_with_exposure_are_poisson_regression():
    X, _ = targets_of("poisson")
    rng = np.random.default_rng(1)
    exposure = rng.uniform(0.2, 30, size=len(X))
    rate = rng.poisson(exposure * np.exp(0.3 * X[:, 0])) / exposure
    reference = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-12)
    reference.fit(X, rate, sample_weight=exposure)
    model = MoERegressor(1, family="poisson", expert=FREE).fit(X, rate, sample_weight=exposure)
    assert_allclose(model.expert_coef_[0], reference.coef_, rtol=1e-6)


def test_one_gamma_expert_is_gamma_regression(diabetes):
    X, y = diabetes
    scaled = StandardScaler().fit_transform(X)
    reference = GammaRegressor(alpha=0, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    mean = reference.fit(scaled, y).predict(scaled)
    model = MoERegressor(1, family="gamma", expert=FREE).fit(X, y)
    assert_allclose(model.predict(X), mean, rtol=1e-6)

    def loss(log_shape):
        shape = np.exp(log_shape[0])
        return -stats.gamma.logpdf(y, shape, scale=mean / shape).sum()

    best = minimize(loss, [1.0], tol=1e-12)
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-8)
    assert_allclose(model.expert_scale_, np.exp(-best.x / 2), rtol=1e-4)


def test_one_lognormal_expert_is_least_squares_on_the_logarithm(diabetes):
    X, y = diabetes
    design = np.column_stack([np.ones(len(y)), X])
    coef, square, *_ = np.linalg.lstsq(design, np.log(y))
    spread = np.sqrt(square[0] / len(y))
    model = MoERegressor(1, family="lognormal", expert=FREE).fit(X, y)
    assert_allclose(model.expert_coef_[0], coef[1:], rtol=1e-6)
    assert_allclose(model.expert_intercept_ - spread**2 / 2, coef[0], rtol=1e-6)
    assert_allclose(model.expert_scale_, spread, rtol=1e-6)
    log_likelihood = stats.lognorm.logpdf(y, spread, scale=np.exp(design @ coef)).sum()
    assert_allclose(model.log_likelihood_, log_likelihood, rtol=1e-10)


def test_one_weibull_expert_agrees_with_a_general_optimiser(diabetes):
    X, y = diabetes

    def loss(params):
        shape = np.exp(-params[-1])
        return -stats.weibull_min.logpdf(y, shape, scale=np.exp(params[0] + X @ params[1:-1])).sum()

    best = minimize(loss, np.append([5.0], np.zeros(11)), options={"gtol": 1e-8})
    model = MoERegressor(1, family="weibull", expert=FREE, tol=1e-10).fit(X, y)
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-10)
    assert_allclose(model.expert_coef_[0], best.x[1:-1], atol=1e-3)
    assert_allclose(model.expert_scale_, np.exp(best.x[-1]), rtol=1e-4)
    offset = np.log(special.gamma(1 + model.expert_scale_))
    assert_allclose(model.expert_intercept_ - offset, best.x[0], rtol=1e-4)


def test_one_inverse_gaussian_expert_is_the_generalised_linear_model(diabetes):
    X, y = diabetes
    model = MoERegressor(1, family="inverse_gaussian", expert=FREE, tol=1e-10).fit(X, y)
    # statsmodels 0.15.0: GLM(InverseGaussian(Log())).
    known = [-0.0310745929, -2.3636406370, 2.8766072226, 2.4198690872, -4.2384254393]
    known += [3.3308501758, -1.5343527748, -0.6186388431, 5.3356248372, 0.2151055984]
    # A fit ends where the likelihood rises by no digit: that tells coefficients, of which the
    # largest is 5, to 1e-7.
    assert_allclose(model.expert_coef_[0], known, rtol=0, atol=1e-6)
    assert_allclose(model.expert_intercept_, 4.9577891928, rtol=1e-8)
    mean = model.predict(X)

    def loss(log_shape):
        shape = np.exp(log_shape[0])
        return -stats.invgauss.logpdf(y, mean / shape, scale=shape).sum()

    best = minimize(loss, [5.0], tol=1e-12)
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-10)
    assert_allclose(model.expert_scale_, np.exp(-best.x / 2), rtol=1e-4)


def tweedie_log_density(y, mean, dispersion, power):
    """A sum over the number of parts, term by term."""
    rate = mean ** (2 - power) / dispersion / (2 - power)
    shape, size = (2 - power) / (power - 1), dispersion * (power - 1) * mean ** (power - 1)
    parts, positive = np.arange(1, 800)[:, None], np.where(y > 0, y, 1.0)
    terms = stats.poisson.logpmf(parts, rate)
    terms = terms + stats.gamma.logpdf(positive, parts * shape, scale=size)
    return np.where(y > 0, special.logsumexp(terms, axis=0), -rate)


@pytest.mark.parametrize("power", [1.6, "auto"])
def test_one_tweedie_expert_is_tweedie_regression(power):
    X, y = targets_of("tweedie", n=150)
    model = MoERegressor(1, family=Tweedie(power=power), expert=FREE, tol=1e-10).fit(X, y)
    own = model.expert_power_[0] if power == "auto" else power
    reference = TweedieRegressor(
        power=own, alpha=0, link="log", solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(X, y)
    mean = reference.predict(X)
    assert_allclose(model.predict(X), mean, rtol=1e-6)
    assert_allclose(model.expert_coef_[0], reference.coef_, rtol=1e-5)
    assert (y == 0).any()
    density = tweedie_log_density(y, model.predict(X), model.expert_scale_[0] ** 2, own)
    assert_allclose(model.score_samples(X, y), density, rtol=1e-9)

    def loss(params):
        given = power if power != "auto" else 1 + special.expit(params[1])
        return -tweedie_log_density(y, mean, np.exp(params[0]), given).sum()

    best = minimize(loss, [0.0, 0.0][: 2 if power == "auto" else 1], options={"gtol": 1e-6})
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-8)
    assert_allclose(model.expert_scale_**2, np.exp(best.x[0]), rtol=1e-3)


@pytest.mark.parametrize("power", [1.1, 1.5, 1.9])
def test_tweedie_densities_and_probabilities_are_sums_over_the_number_of_parts(power):
    """With few parts and with so many that not every number is looked at."""
    family = Tweedie(power=power).initialize(np.ones((2, 1)))
    y = np.concatenate([[0.0], np.geomspace(0.05, 8, 12)])
    scales = np.array([[2.0], [0.7], [0.15], [0.1]])
    eta = np.zeros((len(y), len(scales), 1))
    log_density = family.log_density(y[:, None], eta, scales)[:, :, 0]
    below, above = (f(y[:, None], eta, scales)[:, :, 0] for f in (family.cdf, family.sf))
    for k, scale in enumerate(scales[:, 0]):
        rate, shape = scale**-2, (2 - power) / (power - 1)
        dispersion = scale**2 / (2 - power)
        known = tweedie_log_density(y, np.ones(len(y)), dispersion, power)
        assert_allclose(log_density[:, k], known, rtol=1e-9, atol=1e-9)
        parts = np.arange(1, 800)[:, None]
        weight, amount = stats.poisson.pmf(parts, rate), y * rate * shape
        known = [(weight * f(parts * shape, amount)).sum(axis=0) for f in GAMMA_TAILS]
        assert_allclose(below[:, k], np.exp(-rate) + known[0], rtol=1e-9)
        assert_allclose(above[:, k], known[1], rtol=1e-9, atol=1e-280)


def test_one_beta_expert_is_beta_regression(diabetes):
    X, y = diabetes
    model = MoERegressor(1, family="beta", expert=FREE, tol=1e-10).fit(X, y / 350)
    # statsmodels 0.15.0: BetaModel, by Newton's method.
    known = [0.01929922925, -2.70041057304, 6.6707662012, 3.47510474864, -12.24813071551]
    known += [7.62957946945, 2.76626810061, 2.84107996832, 9.96107684409, 0.86445139737]
    assert_allclose(model.expert_coef_[0], known, atol=1e-6)
    assert_allclose(model.expert_intercept_, -0.26360127978, rtol=1e-7)
    assert_allclose(model.expert_scale_**-2, 8.913895735135, rtol=1e-7)
    assert_allclose(model.log_likelihood_, 228.07051350985563, rtol=1e-10)
    shape = model.expert_scale_[0] ** -2 * np.stack([model.predict(X), 1 - model.predict(X)])
    assert_allclose(model.score_samples(X, y / 350), stats.beta.logpdf(y / 350, *shape), rtol=1e-8)


@pytest.mark.parametrize(
    ("family", "log_likelihood"),
    # statsmodels 0.15.0: NegativeBinomial(loglike_method="nb2"), GLM(Poisson), GLM(Binomial).
    [
        ("negative_binomial", -2369.3743909052),
        ("poisson", -5718.6213679593),
        ("bernoulli", -209.4856813215),
    ],
)
def test_one_expert_reaches_the_figure_of_statsmodels(diabetes, family, log_likelihood):
    X, y = diabetes
    y = y > 140 if family == "bernoulli" else y
    model = MoERegressor(1, family=family, expert=FREE).fit(X, y)
    assert_allclose(model.log_likelihood_, log_likelihood, rtol=1e-10)


@pytest.mark.parametrize("family", ["student_t", "laplace"])
def test_one_heavy_tailed_expert_agrees_with_a_general_optimiser(family):
    X, y = targets_of(family, n=200)
    model = MoERegressor(1, family=family, expert=FREE, tol=1e-12).fit(X, y)

    def loss(params):
        deviation = y - params[0] - X @ params[1:3]
        if family == "laplace":
            return -stats.laplace.logpdf(deviation, scale=np.exp(params[3])).sum()
        return -stats.t.logpdf(deviation, np.exp(params[4]), scale=np.exp(params[3])).sum()

    start = np.concatenate([model.expert_intercept_, model.expert_coef_[0], [-1.0, 2.0]])
    options = {"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-10, "fatol": 1e-10}
    best = minimize(loss, start, method="Nelder-Mead", options=options)
    assert model.log_likelihood_ >= -best.fun - 1e-6 * len(y)


def test_one_bernoulli_expert_is_the_classifier():
    X, y = targets_of("bernoulli")
    expert = LinearExpert(alpha=1.0)
    numbers = MoERegressor(1, family="bernoulli", expert=expert).fit(X, y)
    labels = MoEClassifier(1, expert=expert).fit(X, y)
    assert_allclose(numbers.predict(X), labels.predict_proba(X)[:, 1], rtol=1e-8)
    assert_allclose(numbers.log_likelihood_, labels.log_likelihood_, rtol=1e-8)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_step_of_labels_goes_no_further_than_its_curvature_holds(n_classes):
    """Of an expert that is sure of the wrong class, Newton's step would go out of sight."""
    X = np.hstack([np.random.default_rng(0).standard_normal((200, 2)), np.ones((200, 1))])
    y = np.argmax(X @ np.eye(3)[:, :n_classes], axis=1)[:, None].astype(float)
    family = Categorical().initialize(y)
    bank = LinearExpert(alpha=0.0).initialize(1, X, family)
    wrong = np.eye(3)[:n_classes] if n_classes == 3 else np.array([[1.0, -1.0, 0.0]])
    bank = bank.with_params(-8 * np.ravel(wrong) if n_classes == 3 else 8 * np.ravel(wrong))
    new = bank.update(bank.statistics(X, y, np.ones((200, 1))))
    change = new.weights - bank.weights
    if n_classes == 3:
        length = np.sqrt(np.sum(change**2, axis=2)).max()
    else:
        doubt = family.working(y, bank.eta(X))[1][:, 0, 0]
        length = np.sqrt(np.average((X @ change[0, 0]) ** 2, weights=doubt))
    assert_allclose(length, 4)
    assert new.family.log_prob(y, new.eta(X)).sum() > family.log_prob(y, bank.eta(X)).sum()


# -- mixtures against EM from the textbook -------------------------------------------------------


def textbook_em(fit, log_density, n, n_experts=2, n_starts=6, passes=400):
    """Best log-likelihood of a mixture of regressions with constant weights (McLachlan & Peel).

    `fit(weight)` gives a regression fitted with row weights, `log_density(model)` its log density
    of every row.
    """
    best = -np.inf
    for seed in range(n_starts):
        rng = np.random.default_rng(seed)
        resp = rng.dirichlet(np.full(n_experts, 0.3), size=n)
        last = -np.inf
        for _ in range(passes):
            table = np.column_stack([log_density(fit(resp[:, k])) for k in range(n_experts)])
            table += np.log(resp.mean(axis=0))
            density = np.logaddexp.reduce(table, axis=1)
            resp = np.exp(table - density[:, None])
            if density.sum() - last < 1e-9 * n:
                break
            last = density.sum()
        best = max(best, density.sum())
    return best


def mixture(kind, X, y, **settings):
    model = kind(2, gate="constant", expert=FREE, n_init=10, tol=1e-9, random_state=0, **settings)
    return model.fit(X, y)


def test_mixture_of_poisson_regressions_is_the_textbooks():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 1))
    eta = np.where(rng.uniform(size=300) < 0.4, 2 + X[:, 0], 1 - 0.5 * X[:, 0])
    y = rng.poisson(np.exp(eta)).astype(float)

    def fit(weight):
        newton = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-10, max_iter=500)
        return newton.fit(X, y, sample_weight=weight)

    reference = textbook_em(fit, lambda m: stats.poisson.logpmf(y, m.predict(X)), len(y))
    assert mixture(MoERegressor, X, y, family="poisson").log_likelihood_ >= reference - 1e-4


@pytest.mark.parametrize("n_classes", [2, pytest.param(3, marks=pytest.mark.full)])
def test_binomial_and_multinomial_mixtures_are_the_textbooks(n_classes):
    X, label = load_iris(return_X_y=True)
    rng = np.random.default_rng(0)
    # Petal width alone, and some labels drawn anew: no plane parts the classes.
    X = X[:, 3:]
    label = np.where(rng.uniform(size=len(X)) < 0.3, rng.integers(0, 3, size=len(X)), label)
    label = np.minimum(label, n_classes - 1)

    def fit(weight):
        return LogisticRegression(C=1e8, tol=1e-10, solver="newton-cholesky").fit(
            X, label, weight + 1e-12
        )

    def log_density(model):
        return np.log(np.maximum(model.predict_proba(X)[np.arange(len(X)), label], 1e-300))

    reference = textbook_em(fit, log_density, len(X), n_starts=2, passes=60)
    ours = mixture(MoEClassifier, X, label, max_iter=2000)
    assert ours.log_likelihood_ >= reference - 1e-3
    if n_classes == 2:
        numbers = mixture(MoERegressor, X, label, family="bernoulli", max_iter=2000)
        assert numbers.log_likelihood_ >= reference - 1e-3


@pytest.mark.parametrize("family", EVERY)
def test_two_regressions_and_their_gate_are_found(family):
    X, y = targets_of(family, n=1000)
    model = MoERegressor(2, family=family, n_init=2, random_state=0).fit(X, y)
    one = MoERegressor(1, family=family).fit(X, y)
    assert model.log_likelihood_ > one.log_likelihood_ + 50
    assert (np.diff(model.history_) >= 0).all()
    slopes = np.sort(model.expert_coef_[:, 1])
    size = 2 if family == "bernoulli" else 1
    assert_allclose(slopes, [-size, size], atol=0.35 if family == "bernoulli" else 0.15)
    # The gate tells left from right.
    left = model.expert_coef_[:, 1].argmax()
    assert np.mean((model.assign(X) == left) == (X[:, 0] < 0)) > 0.9


# -- outliers ------------------------------------------------------------------------------------


def with_outliers(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 2))
    coef = np.where(X[:, :1] < 0, [[2.0, 4.0]], [[-3.0, 5.0]])
    y = (X * coef).sum(axis=1) + 0.3 * rng.standard_normal(1000)
    gross = rng.choice(1000, size=50, replace=False)
    y[gross] += rng.choice([-1, 1], size=50) * rng.uniform(50, 100, size=50)
    return X, y


def coefficient_error(family):
    X, y = with_outliers()
    model = MoERegressor(2, family=family, n_init=10, random_state=0).fit(X, y)
    order = np.argsort(model.expert_coef_[:, 0])
    true = np.array([[-3.0, 5.0], [2.0, 4.0]])
    return np.abs(model.expert_coef_[order] / true - 1).max()


def test_students_t_survives_five_per_cent_of_gross_outliers():
    assert coefficient_error("student_t") < 0.05
    assert coefficient_error(StudentT(df=4)) < 0.05


def test_gaussian_experts_do_not_survive_them():
    """Shown, so that the test above cannot pass for a reason of its own."""
    assert coefficient_error("gaussian") > 0.2


# -- scales --------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [Gaussian, Gamma, StudentT])
def test_shared_scales_are_equal_and_counted_once(family):
    X, y = two_lines(300)
    y = y - y.min() + 1
    own = MoERegressor(2, family=family(), n_init=4, random_state=0).fit(X, y)
    shared = MoERegressor(2, family=family(scale="shared"), n_init=4, random_state=0).fit(X, y)
    assert len(set(own.expert_scale_)) == 2
    assert_allclose(shared.expert_scale_[0], shared.expert_scale_[1], rtol=1e-12)
    scales = own._mixture.expert.family.n_scales
    assert own.n_parameters_ - shared.n_parameters_ == scales


def test_a_shared_scale_is_bounded():
    """An expert of its own for one row makes the likelihood infinite only with its own scale."""
    x = np.linspace(0, 1, 40)[:, None]
    y = np.where(np.arange(40) == 7, 30.0, np.sin(40 * x[:, 0]))
    settings = {"gate": "constant", "expert": LinearExpert(alpha=0.0), "n_init": 20}
    shared = MoERegressor(2, family=Gaussian(scale="shared"), random_state=0, **settings)
    assert shared.fit(x, y).expert_scale_.min() > 0.1
    with pytest.warns(match="degenerate"):
        MoERegressor(2, random_state=0, **settings).fit(x, y)


def test_counts_that_scatter_less_than_poissons_end_at_poisson():
    X, _ = targets_of("poisson")
    y = np.round(np.exp(1 + 0.5 * X[:, 0]))
    model = MoERegressor(1, family="negative_binomial").fit(X, y)
    poisson = MoERegressor(1, family="poisson").fit(X, y)
    assert_allclose(model.expert_scale_, 0.01, rtol=1e-6)
    assert_allclose(model.predict(X), poisson.predict(X), rtol=1e-3)
    assert_allclose(model.log_likelihood_, poisson.log_likelihood_, rtol=1e-4)


# -- targets that are rounded ----------------------------------------------------------------------


def steps(n=300, seed=0):
    """Whole numbers, most of them small."""
    return np.round(2 * np.random.default_rng(seed).standard_normal(n))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("values", "step"),
    [
        (steps(), 1.0),
        (0.1 * steps() + 3, 0.1),
        (1000 * steps() - 7.5, 1000),
        (1e30 * steps(), 1e30),
        (0.01 * steps() + 37, 0.01),
        # Neighbours are 2 and 3 steps apart.
        (7.0 * np.resize([0, 2, 5], 90), 7.0),
        # Some off the grid, and yes or no.
        (np.where(np.arange(300) % 30, steps(), 5.63), 1.0),
        ((steps() > 2).astype(float), 1.0),
    ],
)
def test_the_step_of_rounded_targets_is_found(values, step, dtype):
    (found,) = learn_ties(values.astype(dtype)[:, None])
    assert_allclose(found.spacing, step, rtol=1e-12 if dtype == np.float64 else 1e-4)
    assert found.atom is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_continuous_targets_have_no_step(dtype):
    z = np.random.default_rng(0).standard_normal(3000)
    lines = [
        z,
        1e3 + z,
        np.minimum(z, 2.2),
        np.linspace(0, 1, 3000),
        np.abs(np.linspace(-1, 1, 3000)),
    ]
    again = np.random.default_rng(1).choice(z, 3000)
    table = np.stack([*lines, again, np.ones(3000)], axis=1).astype(dtype)
    assert learn_ties(table) == [Ties(0.0, None)] * 7
    # Some that hardly differ.
    assert learn_ties((1e16 + np.round(4 * z)).astype(dtype)[:, None]) == [Ties(0.0, None)]
    for share, value in ((0.43, 0.0), (0.05, -1.5)):
        mixed = np.where(np.arange(3000) < 3000 * share, value, z).astype(dtype)
        assert learn_ties(mixed[:, None]) == [Ties(0.0, (value, share))]


def test_ties_depend_on_the_values_and_their_weights_alone():
    rng = np.random.default_rng(0)
    some = np.where(rng.uniform(size=4000) < 0.3, 0.25, rng.standard_normal(4000))
    table = np.stack([0.1 * np.round(rng.standard_normal(4000)), some, np.round(some, 3)], axis=1)
    weight = rng.integers(0, 3, 4000).astype(float)
    known = learn_ties(table, weight)
    assert_allclose(known[0].spacing, 0.1)
    # More values than are kept at once: the common one is found all the same.
    share = weight[some == 0.25].sum() / weight.sum()
    assert known[1].atom == (0.25, share)
    rows = rng.permutation(np.repeat(np.arange(4000), weight.astype(int)))
    assert learn_ties(ArrayBlocks(table[rows], None, None, length=100)) == known
    empty = np.where(np.arange(4000) < 200, 0.0, weight)
    blocks = ArrayBlocks(table, None, empty, length=100)
    assert learn_ties(blocks) == learn_ties(table[200:], weight[200:])


@pytest.mark.parametrize(("family", "least"), [(Gaussian(), 12**-0.5), (Laplace(), 0.25)], ids=str)
def test_no_scale_falls_below_what_rounding_leaves(family, least):
    ready = family.initialize(np.stack([0.5 * steps() + 40, np.linspace(0, 1, 300)], axis=1))
    spread = np.asarray(ready.units.spread)
    held = ready.limited(np.full((3, 2), 1e-9))
    assert_allclose(held * spread, [[0.5 * least, family.min_scale * spread[1]]] * 3)
    assert ready.rounded(held) == [0] and ready.degenerate(held)
    free = np.full((3, 2), 0.9)
    assert ready.rounded(free) == [] and (ready.limited(free) == free).all()
    # Of yes or no, half the standard deviation at most.
    rare = family.initialize((steps() > 3)[:, None].astype(float))
    assert rare.limited(np.array([[1e-9]])) == 0.5
    # A larger bound of one's own stays.
    own = family.set_params(min_scale=0.8).initialize(steps()[:, None])
    assert own.limited(np.array([[1e-9]])) == 0.8 and own.rounded(np.array([[0.8]])) == []
    family.set_params(min_scale=1e-3)


def test_tails_are_no_heavier_for_a_scale_that_rounding_holds():
    y = steps()[:, None]
    ready = StudentT().initialize(y)
    y, scale = ready.units.scaled(y), ready.initial_scale(1, y)
    for _ in range(20):
        sums = ScaleSums(np.full((1, 1), 300.0), *ready.scale_sums(y, y[:, None], scale, 0 * y + 1))
        scale = ready.update_scale(scale, sums)
    assert_allclose(scale, [[ready.floor[0], 200.0]])


# -- weights, units, order -----------------------------------------------------------------------


@pytest.mark.parametrize("family", LEANEST)
def test_weight_two_is_the_row_twice(family):
    X, y = targets_of(family, n=150)
    weight = np.random.default_rng(0).integers(0, 3, size=150)
    settings = {"family": family, "random_state": 0, "n_init": 3}
    weighted = MoERegressor(2, **settings).fit(X, y, sample_weight=weight)
    rows = np.repeat(np.arange(150), weight)
    repeated = MoERegressor(2, **settings).fit(X[rows], y[rows])
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)


@pytest.mark.parametrize("family", LEAN)
def test_units_and_order_do_not_matter(family):
    X, y = targets_of(family, n=300)
    settings = {"family": family, "random_state": 0, "n_init": 3}
    plain = MoERegressor(2, **settings).fit(X, y)
    rows = np.random.default_rng(0).permutation(300)
    factor = 1000.0 if family in (*LOCATIONS, *POSITIVE, "tweedie") else 1.0
    offset = 1e4 if family in LOCATIONS else 0.0
    moved = X * [1e-3, 1e4] + [50, -2e5]
    other = MoERegressor(2, **settings).fit(moved[rows], factor * y[rows] + offset)
    # Absolute deviations are flat around their minimum: the last digits depend on rounding.
    slack = 0.02 if family == "laplace" else 1e-4
    expected = factor * plain.predict(X) + offset
    assert_allclose(other.predict(moved), expected, atol=slack * factor)
    # Zero has a probability, which has no unit.
    density = plain.score_samples(X, y) - np.log(factor) * (y != 0)
    assert_allclose(other.score_samples(moved, factor * y + offset), density, atol=5 * slack)


@pytest.mark.parametrize("family", LEANEST)
def test_fitted_attributes_predict(family):
    X, y = targets_of(family, n=200)
    model = MoERegressor(2, family=family, random_state=0).fit(X, y)
    eta = X @ model.expert_coef_.T + model.expert_intercept_
    inverse = {**dict.fromkeys(SHARES, special.expit), **dict.fromkeys(LOG_LINKS, np.exp)}
    mean = inverse.get(family, lambda eta: eta)(eta)
    assert_allclose(model.predict_experts(X), mean, rtol=1e-6)
    assert_allclose((mean * model.gate_proba(X)).sum(axis=1), model.predict(X), rtol=1e-6)


def test_scales_are_those_of_the_documented_density():
    X, y = targets_of("gamma", n=200)
    for family, density in [
        ("gamma", lambda m, s: stats.gamma.logpdf(y, 1 / s**2, scale=m * s**2)),
        ("lognormal", lambda m, s: stats.lognorm.logpdf(y, s, scale=m * np.exp(-(s**2) / 2))),
        (
            "weibull",
            lambda m, s: stats.weibull_min.logpdf(y, 1 / s, scale=m / special.gamma(1 + s)),
        ),
        ("inverse_gaussian", lambda m, s: stats.invgauss.logpdf(y, m * s**2, scale=s**-2)),
        ("laplace", lambda m, s: stats.laplace.logpdf(y, m, s)),
        ("gaussian", lambda m, s: stats.norm.logpdf(y, m, s)),
    ]:
        model = MoERegressor(1, family=family).fit(X, y)
        expected = density(model.predict(X), model.expert_scale_[0])
        assert_allclose(model.score_samples(X, y), expected, rtol=1e-6)
    count = np.round(y)
    model = MoERegressor(1, family="negative_binomial").fit(X, count)
    size = model.expert_scale_[0] ** -2
    expected = stats.nbinom.logpmf(count, size, size / (size + model.predict(X)))
    assert_allclose(model.score_samples(X, count), expected, rtol=1e-6)
    model = MoERegressor(1, family="student_t").fit(X, y)
    expected = stats.t.logpdf(y, model.expert_df_, model.predict(X), model.expert_scale_)
    assert_allclose(model.score_samples(X, y), expected, rtol=1e-6)


@pytest.mark.parametrize("family", LEANEST)
def test_several_outputs_and_trees_of_experts(family):
    X, y = targets_of(family, n=100)
    both = np.column_stack([y, y[::-1]])
    model = MoERegressor(2, family=family, random_state=0).fit(X, both)
    assert model.predict(X).shape == (100, 2)
    assert model.expert_coef_.shape == (2, 2, 2)
    assert np.isfinite(model.score_samples(X, both)).all()
    tree = HMERegressor(2, family=family, random_state=0).fit(X, y)
    assert np.isfinite(tree.score_samples(X, y)).all()


# -- score ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", LEAN)
def test_score_is_r2_or_d2(family):
    X, y = targets_of(family, n=150)
    weight = np.random.default_rng(0).uniform(size=150)
    model = MoERegressor(2, family=family, random_state=0).fit(X, y)
    mean = model.predict(X)
    if family in LOCATIONS:
        expected = r2_score(y, mean, sample_weight=weight)
    elif family in LOG_LINKS:
        power = 2 if family in POSITIVE else 1.5 if family == "tweedie" else 1
        expected = d2_tweedie_score(y, mean, sample_weight=weight, power=power)
    else:
        loss = [
            np.average(special.rel_entr(y, p) + special.rel_entr(1 - y, 1 - p), weights=weight)
            for p in (mean, np.average(y, weights=weight))
        ]
        expected = 1 - loss[0] / loss[1]
    assert_allclose(model.score(X, y, sample_weight=weight), expected, rtol=1e-8)


def test_score_of_a_constant_target_and_of_several():
    X, y = targets_of("poisson")
    one = MoERegressor(1, family="poisson", expert=LinearExpert(alpha=1.0))
    alone = one.fit(X, y).score(X, y)
    model = one.fit(X, np.column_stack([y, np.full(400, 3.0)]))
    assert_allclose(model.score(X, np.column_stack([y, np.full(400, 3.0)])), alone / 2, rtol=1e-6)


@pytest.mark.parametrize("family", ["inverse_gaussian", "tweedie", "beta"])
def test_all_that_takes_a_family_takes_it(family):
    X, y = targets_of(family, n=200)
    number = "auto" if family == "beta" else 2
    model = MoERegressor(number, family=family, random_state=0).fit(X, y)
    assert model.n_experts_ == 2 and (np.diff(model.history_) >= 0).all()
    errors = model.inference(X, y).std_errors
    # Of 100 rows to an expert, whose slopes are 1 and -1.
    assert ((errors["expert_coef_"] > 0.01) & (errors["expert_coef_"] < 0.5)).all()
    text = str(model.summary(X, y))
    assert "scale" in text and ("power" in text) == (family == "tweedie")
    assert "scale" in export_text(model)
    law = model.predict_dist(X[:30])
    assert_allclose(law.cdf(law.ppf(0.9)), 0.9, rtol=1e-8)
    assert np.isfinite(law.crps(y[:30])).all() and np.isfinite(law.mode()).all()
    law.plot()
    pit = CalibrationDisplay.from_estimator(model, X, y).pit
    assert stats.kstest(pit, "uniform").pvalue > 1e-3
    pyplot.close("all")
    one = MoERegressor(1, family=family, expert=LinearExpert(1.0), random_state=0)
    double = clone(one).fit(X, y).log_likelihood_
    single = clone(one).fit(X.astype(np.float32), y.astype(np.float32)).log_likelihood_
    assert_allclose(single, double, rtol=1e-4)
    tree = MoERegressor(2, family=family, expert=DecisionTreeRegressor(max_depth=3), random_state=0)
    assert tree.fit(X, y).score(X, y) > 0.3


# -- bad targets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "bad", "message"),
    [
        ("poisson", -1.0, r"1 negative values \(the first is -1\).*family='poisson'"),
        ("negative_binomial", -2.0, "negative values.*counts of at least 0"),
        *(
            (family, 0.0, "values of zero or less.*numbers above 0.*'tweedie'")
            for family in POSITIVE
        ),
        ("tweedie", -0.5, "negative values.*amounts of at least 0"),
        (Tweedie(power=2), 1.0, "power=2 was given.*between 1 and 2"),
        (Tweedie(power="low"), 1.0, "power='low' was given.*between 1 and 2"),
        ("bernoulli", 1.5, "below 0 or above 1.*0, 1 and shares"),
        ("beta", 1.0, "of 0 or less or 1 or more.*strictly between 0 and 1, per cent"),
        ("poison", 1.0, "family='poison' was given.*'poisson'"),
        (Gaussian(scale="common"), 1.0, "scale='common' was given.*'shared'"),
        (StudentT(df=0), 1.0, "df=0 was given"),
        (Gamma(min_scale=-1), 1.0, "min_scale=-1 was given"),
    ],
)
def test_bad_targets_and_settings_are_named_before_any_fit(family, bad, message):
    X, y = targets_of("gamma", n=60)
    y = y / (y.max() + 1)
    y[3] = bad
    model = MoERegressor(2, family=family)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "gate_")


@pytest.mark.parametrize("family", ["poisson", "tweedie"])
def test_no_counts_at_all(family):
    X, _ = targets_of("poisson")
    model = MoERegressor(1, family=family).fit(X, np.zeros(len(X)))
    assert model.predict(X).max() < 1e-3
    assert model.score(X, np.zeros(len(X))) == 0.0


# Gamma experts may stand on a few of these rows: what counts is that nothing overflows.
@pytest.mark.filterwarnings("ignore::skmoe.exceptions.DegenerateWarning")
@pytest.mark.parametrize("family", [*COUNTS, "gamma", "inverse_gaussian"])
def test_a_large_range_of_targets(family):
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 300)[:, None]
    mean = np.exp(8 * x[:, 0] + 8)
    y = mean if family == "poisson" else mean * rng.gamma(20, 1 / 20, size=300)
    y = y if family in (*POSITIVE, "tweedie") else rng.poisson(y)
    gate = SoftmaxGate(alpha=0.1)
    model = MoERegressor(3, gate=gate, family=family, expert=LinearExpert(0.1), random_state=0)
    assert model.fit(x, y).score(x, y) > 0.95
    far = model.predict(np.array([[1e6], [-1e6]]))
    assert np.isfinite(far).all()


@pytest.mark.parametrize(
    ("family", "bad"), [("poisson", -1.0), ("weibull", 0.0), ("bernoulli", 2.0)]
)
def test_bad_targets_are_named_after_the_fit_too(family, bad):
    X, y = targets_of(family, n=60)
    model = MoERegressor(2, family=family, random_state=0, warm_start=True).fit(X, y)
    before = model.predict(X)
    y[3] = bad
    for method in (model.fit, model.score, model.score_samples, model.responsibilities, model.bic):
        with pytest.raises(ValueError, match=f"y has 1 .*family='{family}'"):
            method(X, y)
    assert_allclose(model.predict(X), before)


# -- large and small numbers ---------------------------------------------------------------------

LEVELS_OF_COUNTS = [1e-3, 0.4, 3.0, 40.0, 1e4, 1e6, 1e8]


@pytest.mark.parametrize(
    "kind", [Poisson, NegativeBinomial, Gamma, LogNormal, Weibull, InverseGaussian]
)
@pytest.mark.parametrize("far", [0.0, 1.0, 5.0, -5.0])
def test_large_and_small_targets_keep_their_digits_in_float32(kind, far):
    """The same numbers in both precisions: what differs is the arithmetic."""
    y = np.array(LEVELS_OF_COUNTS, dtype=np.float32)[:, None]
    scales = np.array([0.01, 0.3, 5.0, 1000.0], dtype=np.float32)[:, None]
    counts = kind in (Poisson, NegativeBinomial)
    spread = np.sqrt(y * counts + (y * np.minimum(scales.T, 0.1)) ** 2)
    eta = np.log(np.maximum(y + far * spread, y / 1e3))[:, :, None].astype(np.float32)
    family = kind().initialize(y)
    answers = []
    for dtype in (np.float32, np.float64):
        given = tuple(table.astype(dtype) for table in (y, eta, scales))
        tables = [family.log_density(*given), family.cdf(*given), family.sf(*given)]
        answers.append(tables + ([family.scale_slope(*given)] if family.n_scales else []))
    for low, high in zip(*answers, strict=True):
        assert low.dtype == np.float32
        assert_allclose(low, high, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("mean", [0.5, 30.0, 1e4, 1e8, 1e12])
def test_counts_have_the_probabilities_of_the_limits_they_come_near(mean):
    """A normal density around large means; few dispersed counts are Poisson's."""
    y = np.floor(mean + np.array([-2.0, 0.0, 3.0]) * mean**0.5).clip(0)
    eta, wide = np.full((3, 1, 1), np.log(mean)), np.array([[1e-6]])
    poisson = Poisson().initialize(y[:, None])
    binomial = NegativeBinomial().initialize(y[:, None])
    log_proba = poisson.log_density(y[:, None], eta)[:, 0, 0]
    near = binomial.log_density(y[:, None], eta, wide * min(1, (1e4 / mean)))[:, 0, 0]
    assert_allclose(near, log_proba, atol=1e-5)
    ratio, rate = (y - mean) / mean**0.5, mean**-0.5
    if mean > 1e6:
        # With the third cumulant (Edgeworth).
        skew = rate / 6 * (ratio**3 - 3 * ratio)
        assert_allclose(log_proba, stats.norm.logpdf(ratio) + np.log(rate) + skew, atol=1e-6)
    else:
        assert_allclose(log_proba, stats.poisson.logpmf(y, mean), rtol=1e-8)


@pytest.mark.parametrize("mean", [1.0, 1e4, 1e12])
def test_tails_of_strongly_dispersed_and_of_all_but_poisson_counts(mean):
    """Above many small counts stands the tail of a Gamma density, or there is Poisson's."""
    family = NegativeBinomial().initialize(np.ones((2, 1)))
    count, eta = np.array([[mean * 3], [mean * 1e3]]).round(), np.full((2, 1, 1), np.log(mean))
    above = family.sf(count, eta, np.array([[1e3]]))[:, 0, 0]
    # The sum of probabilities above, which here fall as 1 / y: s^2 is far larger than y / mean.
    gamma = stats.gamma.sf(count[:, 0] + 0.5, 1e-6, scale=mean * 1e6)
    assert_allclose(above, gamma, rtol=0.2 if mean == 1 else 1e-4)
    poisson = Poisson().initialize(np.ones((2, 1)))
    calm = np.array([[1e-7 / mean**0.5]])
    assert_allclose(family.cdf(count, eta, calm), poisson.cdf(count, eta), rtol=1e-6)
    below = np.maximum(count - 5 * count**0.5, 0) / 3
    assert_allclose(family.cdf(below, eta, calm), poisson.cdf(below, eta), rtol=1e-5, atol=1e-290)


@pytest.mark.parametrize("family", COUNTS)
def test_a_fit_to_large_counts_is_the_same_in_float32(family):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 1))
    rate = 1e7 * np.exp(0.3 * x[:, 0])
    rate = rate * rng.gamma(25, 1 / 25, size=300) if family == "negative_binomial" else rate
    y = rng.poisson(rate).astype(float)
    # Estimated penalties rest once a move would be less than a tenth: rounding may decide when.
    one = MoERegressor(1, family=family, expert=LinearExpert(alpha=1.0))
    high = clone(one).fit(x, y)
    low = clone(one).fit(x.astype(np.float32), y.astype(np.float32))
    assert_allclose(low.expert_coef_, high.expert_coef_, atol=1e-5)
    assert_allclose(low.log_likelihood_, high.log_likelihood_, rtol=1e-4)
    assert_allclose(low.score(x.astype(np.float32), y), high.score(x, y), rtol=1e-5)
    if family == "negative_binomial":
        assert_allclose(low.expert_scale_, high.expert_scale_, rtol=1e-4)


def test_draws_of_shares_can_be_fitted():
    """Rounded, some that are nearly all would be all."""
    for dtype in (np.float64, np.float32):
        family = Beta().initialize(np.full((2, 1), 0.5, dtype=dtype))
        eta, scale = np.array([-6.0, 6.0], dtype=dtype)[:, None, None], np.full((2, 1), 3, dtype)
        eta = np.repeat(eta, 500, axis=0)
        drawn = family.sample(eta, scale, np.random.RandomState(0)).astype(dtype)
        family.check(drawn[:, :, 0])
        assert_allclose(drawn.mean(axis=0), 0.5, atol=0.05)


@pytest.mark.parametrize("family", SHARES)
def test_the_deviance_of_small_shares_keeps_its_digits(family):
    y, mean = np.array([3e-17, 1e-300, 0.2]), np.array([1e-17, 2e-300, 0.3])
    ready = {"bernoulli": Bernoulli, "beta": Beta}[family]()
    known = 2 * (special.kl_div(y, mean) + special.kl_div(1 - y, 1 - mean))
    assert_allclose(ready.deviance(y, mean), known, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [Tweedie, LogNormal, Weibull, InverseGaussian, Gamma, Beta])
def test_the_farthest_targets_and_predictions_have_finite_answers(kind, dtype):
    """Targets as large as scaling leaves them."""
    limits = np.finfo(dtype)
    y = [float(limits.smallest_normal) ** 0.9, 0.3, float(limits.max) ** 0.5 * 1e-8]
    y = np.array(y if kind is not Beta else [y[0], 0.3, 1 - 4 * limits.eps], dtype)[:, None]
    far = float(np.log(limits.max)) * 0.8
    with np.errstate(all="raise", under="ignore"):
        for family in [kind()] + [Tweedie(power=p) for p in (1.001, 1.999)] * (kind is Tweedie):
            family = family.initialize(np.full((2, 1), 0.5, dtype=dtype))
            second = [0.06, 1.0, 19.0] if family.n_scales == 2 else [0.0]
            scales = [[s, a][: family.n_scales] for s in (1e-3, 1, 1e8) for a in second]
            for center in (-1e6, -far, 0, far, 1e6):
                tables = y, np.full((3, len(scales), 1), center, dtype), np.array(scales, dtype)
                for ask in (family.log_density, family.scale_slope, family.cdf, family.sf):
                    assert np.isfinite(ask(*tables)).all()
                assert np.isfinite(family.variance(*tables[1:])).all()
                # As heavy as rows become, they can still be summed.
                heavy = np.full((3, len(scales)), largest_total(dtype, np) / 4, dtype)
                asked = [family.log_density(*tables), *family.working(*tables)]
                sums = [heavy.T @ table[..., 0] for table in asked if table is not None]
                sums += [table for table in family.scale_sums(*tables, heavy) if table is not None]
                assert all(np.isfinite(table).all() for table in sums)


def test_an_update_by_the_steepest_slopes_does_not_overflow():
    """As steep as slopes are cut to."""
    family = Tweedie().initialize(np.ones((2, 1)))
    square, count = np.array([[2e299, 1e299, -1e299]]), np.ones((1, 1))
    with np.errstate(all="raise"):
        scale = family.update_scale(
            np.ones((1, 2)), ScaleSums(count, np.array([[4e149, -3e149]]), square)
        )
    assert_allclose(scale, 1)


@pytest.mark.parametrize("share", [1e-3, 1e-6, 1e-12])
def test_the_likelihood_of_rare_shares_is_climbed_to_its_top(share):
    """Without a word of coefficients that run away, as those of so rare events would."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2))
    y = share * np.exp(0.5 * X[:, 0]) * rng.gamma(4, 1 / 4, size=200)
    with np.errstate(over="raise"):
        model = MoERegressor(1, family="beta", expert=FREE).fit(X, y)
    assert not model.problems_

    def loss(params):
        eta, precision = params[0] + X @ params[1:3], np.exp(params[3])
        shapes = precision * special.expit(eta), precision * special.expit(-eta)
        return -stats.beta.logpdf(y, *shapes).sum()

    start = [np.log(share), 0.5, 0.0, np.log(4 / share)]
    best = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 5000, "fatol": 1e-9})
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-8)
    # The same of what is left, as far as numbers next to one have digits.
    if share > 1e-9:
        rest = MoERegressor(1, family="beta", expert=FREE).fit(X, 1 - y)
        assert_allclose(rest.expert_coef_, -model.expert_coef_, rtol=0.01)
        assert_allclose(rest.expert_scale_, model.expert_scale_, rtol=1e-3)


def test_rare_events_keep_their_probability():
    family = Bernoulli().initialize(np.ones((2, 1)))
    eta = np.array([-60.0, 60.0])[:, None, None]
    assert_allclose(family.mean(eta)[:, 0, 0], [np.exp(-60), 1], rtol=1e-12)
    assert_allclose(family.working(np.ones((2, 1)), eta)[1][:, 0, 0], np.exp(-60), rtol=1e-12)


def test_a_gamma_target_far_above_its_mean_has_a_finite_density_in_float32():
    family = Gamma().initialize(np.ones((2, 1), dtype=np.float32))
    y, eta = np.full((1, 1), 1e15, dtype=np.float32), np.full((1, 1, 1), -1e4, dtype=np.float32)
    scale = np.full((1, 1), 1e-3, dtype=np.float32)
    for ask in (family.log_density, family.scale_slope, family.sf):
        assert np.isfinite(ask(y, eta, scale)).all()


@pytest.mark.parametrize("df", [0.02, 0.3, 1.0, 1.5, 2.0, 4.0, 7.0, 30.0, 200.0, 1e3, 1e6])
def test_tails_of_students_t_are_exact(df):
    """Far out and near the centre; the known ones in closed form."""
    family = StudentT(df=df).initialize(np.arange(9.0)[:, None])
    distance = np.concatenate([[0.0], np.geomspace(1e-9, 1e9, 200), [1e140]])
    eta, scale = np.zeros((len(distance), 1, 1)), np.ones((1, 1))
    below, above = (f(distance[:, None], eta, scale)[:, 0, 0] for f in (family.cdf, family.sf))
    assert_allclose(below + above, 1, rtol=1e-15)
    # Nearer to the centre scipy's own error is larger.
    far = (distance > 0.5) & (above > 1e-290)
    assert_allclose(above[far], stats.t(df).sf(distance[far]), rtol=2e-12)
    square = distance**2
    share = distance / np.sqrt(df + square)
    known = {
        1.0: np.arctan2(1, distance) / np.pi,
        2.0: 1 / (2 + square) / (1 + share),
        # A product, of which no factor loses digits.
        4.0: (1 - share) ** 2 * (2 + share) / 4,
    }
    if df in known:
        near = distance < (1e9 if df < 4 else 1)
        assert_allclose(above[near], known[df][near], rtol=1e-13)
