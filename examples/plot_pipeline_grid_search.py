"""
====================================
A pipeline and a search over experts
====================================

A mixture at the end of a pipeline; a grid search chooses its experts and their penalty.

The price of a diamond follows from its weight and from three grades given in words: cut, colour and
clarity. A mixture of experts is an ordinary scikit-learn regressor, so it stands at the end of a
:class:`~sklearn.pipeline.Pipeline` that encodes those words, and
:class:`~sklearn.model_selection.GridSearchCV` chooses the number of experts and the penalty on
their coefficients.
"""

# %%
# The data
# --------
# 53,940 diamonds ship with the package ``plotnine``. Three thousand are enough to choose a model;
# another ten thousand are kept for the final score.

import matplotlib.pyplot as plt
import numpy as np
from plotnine.data import diamonds
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from skmoe import MoERegressor
from skmoe.experts import LinearExpert

numbers = ["carat", "depth", "table"]
grades = ["cut", "color", "clarity"]
X_train, X_test, y_train, y_test = train_test_split(
    diamonds[numbers + grades],
    diamonds["price"].astype(float),
    train_size=3_000,
    test_size=10_000,
    random_state=0,
)
X_train.head()

# %%
# The pipeline and its grid
# -------------------------
# The parts of a mixture are objects with parameters of their own, reached with a double
# underscore: ``moe__expert__alpha`` is the penalty of the experts in the step ``moe``.
# ``"auto"`` estimates it from the data. ``n_experts=1`` belongs in every grid: it is ridge
# regression, and where it wins the table has no regimes to find.


def pipeline(last_step):
    """Put a regressor after the encoding of the grades; one grade of each kind is left out."""
    encode = make_column_transformer(
        (OneHotEncoder(drop="first", sparse_output=False), grades),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return Pipeline([("encode", encode), ("moe", last_step)])


search = GridSearchCV(
    pipeline(MoERegressor(expert=LinearExpert(), n_init=4, random_state=0)),
    {"moe__n_experts": [1, 2, 3, 4], "moe__expert__alpha": ["auto", 1.0]},
    scoring="r2",
    cv=3,
)
search.fit(X_train, y_train)
print("chosen:", search.best_params_)

# %%
# Scores on diamonds that took no part in the choice, beside plain ridge regression on the same
# columns:

ridge = pipeline(Ridge()).fit(X_train, y_train)
for name, model in {"Ridge": ridge, "mixture": search}.items():
    predicted = model.predict(X_test)
    print(
        f"{name:<8} R2 {r2_score(y_test, predicted):.3f}, "
        f"mean absolute error {mean_absolute_error(y_test, predicted):,.0f} dollars"
    )

# %%
# What the experts say
# --------------------
# The steps before the mixture hand on a data frame, so the mixture knows its features by name. A
# coefficient is in dollars: what more weight, or a better clarity, adds to the price among the
# diamonds this expert answers for. A tenth of a carat and a better colour are worth far more among
# the large stones of the fourth expert than among the small ones of the first, which one linear
# model of the price cannot say. The fewer the diamonds of an expert, the less certain are its
# coefficients.

encoded, moe = search.best_estimator_[:-1].transform(X_train), search.best_estimator_[-1]
names = list(moe.feature_names_in_)
share = moe.responsibilities(encoded, y_train)
mean_carat = share.T @ encoded["carat"].to_numpy() / share.sum(axis=0)
order = np.argsort(mean_carat)
for rank, k in enumerate(order, start=1):
    coef = dict(zip(names, moe.expert_coef_[k], strict=True))
    print(
        f"expert {rank}: {share[:, k].mean():3.0%} of the diamonds, "
        f"around {mean_carat[k]:.2f} carat. "
        f"0.1 carat more: {0.1 * coef['carat']:+,.0f} dollars; "
        f"clarity VVS1 instead of SI1: {coef['clarity_VVS1'] - coef['clarity_SI1']:+,.0f} "
        "dollars; "
        f"colour J instead of D: {coef['color_J']:+,.0f} dollars"
    )

# %%
# On the left, the cross-validated score against the number of experts, one line for each penalty:
# most is gained from one expert to two, about 0.01 more up to four, and there is little between the
# penalties. On the right, the held-out prices against the weight, in the colour of the expert that
# the gate sends each diamond to: small stones, then larger ones, and above one carat the grades
# decide as well.

table = search.cv_results_
tried = np.asarray(table["param_moe__n_experts"], dtype=int)
penalty = np.asarray([str(value) for value in table["param_moe__expert__alpha"]])
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for alpha, line in zip(dict.fromkeys(penalty), ["o-", "s--"], strict=True):
    mine = penalty == alpha
    left.plot(
        tried[mine], table["mean_test_score"][mine], line, color="black", label=f"alpha = {alpha}"
    )
left.set(
    xlabel="n_experts", ylabel="cross-validated R2", title="The search", xticks=np.unique(tried)
)
left.legend(frameon=False)

shown = X_test.iloc[:2_000]
sent_to = moe.assign(search.best_estimator_[:-1].transform(shown))
palette = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
for rank, k in enumerate(order):
    mine = sent_to == k
    right.scatter(
        shown["carat"][mine],
        y_test.iloc[:2_000][mine] / 1000,
        s=10,
        alpha=0.6,
        linewidths=0,
        color=palette[rank],
        label=f"expert {rank + 1}",
    )
right.set(xlabel="weight (carat)", ylabel="price (1,000 dollars)", title="Held-out diamonds")
right.legend(frameon=False, markerscale=2)
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
