"""How y scatters around an expert's mean under every family, at two values of x."""

import numpy as np
from _style import expert_colour, figure

from skmoe import MoEClassifier, MoERegressor

N = 400
rng = np.random.default_rng(0)
x = np.repeat([0.0, 1.0], N)[:, None]


def positive(draw, *means):
    """Draws around the one mean in the first half of the rows, around the other in the second."""
    return np.concatenate([draw(mean) for mean in means])


def tweedie(mean):
    """Sums of a Poisson number of Gamma distributed parts."""
    parts = rng.poisson(mean, N)
    return np.where(parts > 0, rng.gamma(np.maximum(2.0 * parts, 1.0), 0.5), 0.0)


SHIFT = np.repeat([-2.0, 2.0], N)
FAMILIES = {
    "gaussian": SHIFT + rng.normal(size=2 * N),
    "student_t": SHIFT + 0.8 * rng.standard_t(3, 2 * N),
    "laplace": SHIFT + rng.laplace(scale=0.8, size=2 * N),
    "gamma": positive(lambda mean: rng.gamma(4, mean / 4, N), 2, 6),
    "lognormal": positive(lambda mean: mean * rng.lognormal(-0.18, 0.6, N), 2, 6),
    "weibull": positive(lambda mean: mean * rng.weibull(3, N) / 0.893, 2, 6),
    "inverse_gaussian": positive(lambda mean: rng.wald(mean, 6, N), 2, 6),
    "tweedie": positive(tweedie, 1.2, 4),
    "beta": positive(lambda mean: rng.beta(9 * mean, 9 - 9 * mean, N), 0.2, 0.7),
    "poisson": positive(lambda mean: rng.poisson(mean, N), 2, 7),
    "negative_binomial": positive(
        lambda mean: rng.negative_binomial(2.5, 2.5 / (2.5 + mean), N), 2, 7
    ),
}


def draw_density(ax, law, ends):
    """Two densities as areas, probabilities of zero and of counts as bars."""
    whole = np.arange(18.0) if law.discrete else np.zeros(1)
    for k in range(2):
        if law.discrete or law.family.atom:
            chance = np.exp(law[k : k + 1].logpdf(whole[:, None]))[:, 0]
            ax.bar(whole + 0.4 * k - 0.2, chance, 0.4, color=expert_colour(k), linewidth=0)
        if not law.discrete:
            grid = np.linspace(*ends, 241)[1:-1]
            density = law[k : k + 1].pdf(grid[:, None])[:, 0]
            ax.fill_between(grid, density, color=expert_colour(k), alpha=0.3, linewidth=0)
            ax.plot(grid, density, color=expert_colour(k))


axes = figure(5.4).subplots(3, 4)
for ax, (family, y) in zip(axes.flat, FAMILIES.items(), strict=False):
    model = MoERegressor(1, family=family).fit(x, y)
    ends = (-6, 6) if y.min() < 0 else (0, 1) if family == "beta" else (0, 12)
    draw_density(ax, model.predict_dist([[0.0], [1.0]]), ends)
    ax.set_title(f'"{family}"')

ordered = np.digitize(3 * x[:, 0] + rng.logistic(size=2 * N), [-1.0, 1.0, 2.5, 4.0])
chances = MoEClassifier(1, family="ordinal").fit(x, ordered).predict_proba([[0.0], [1.0]])
for k in range(2):
    axes[2, 3].bar(np.arange(5) + 0.4 * k - 0.2, chances[k], 0.4, color=expert_colour(k))
axes[2, 3].set_title('"ordinal"')
axes[2, 3].set_xticks(range(5), ["--", "-", "0", "+", "++"])
for ax in axes.flat:
    ax.set_yticks([])
    ax.set_ylim(bottom=0)
