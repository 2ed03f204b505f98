"""
==========================
Networks that share digits
==========================

Small networks as experts for images of digits.

Averaged over a few starts they are about as good as one larger network, and a single mixture shows
how the gate has divided the digits.
"""

# %%
# The data
# --------
# 1,797 handwritten digits of 8 x 8 pixels, which ship with scikit-learn: part of the "Optical
# Recognition of Handwritten Digits" of the UCI repository, under CC BY 4.0 (E. Alpaydin and C.
# Kaynak, 1998).

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

# sphinx_gallery_thumbnail_number = 2
limits = threadpool_limits(1)
X, digit = load_digits(return_X_y=True)

# %%
# Accuracy
# --------
# Cross-validated in two folds. ``average=True`` keeps the mixtures of all starts, here three, as
# one mixture of twelve experts. A network with 256 hidden units has about as many hidden units as
# the four experts of one mixture together. Linear experts have fixed penalties here: with ten
# classes of 64 columns the default finds no more evidence for four experts than for one.

gate, linear = SoftmaxGate(alpha=1.0), LinearExpert(alpha=1.0)
models = {
    "4 linear experts": MoEClassifier(4, gate=gate, expert=linear, random_state=0),
    "4 networks": MoEClassifier(4, expert="mlp", random_state=0),
    "4 networks, averaged": MoEClassifier(4, expert="mlp", n_init=3, average=True, random_state=0),
    "one network": make_pipeline(
        StandardScaler(), MLPClassifier(hidden_layer_sizes=256, max_iter=400, random_state=0)
    ),
}
folds = StratifiedKFold(2, shuffle=True, random_state=0)
print(f"{'':<24}accuracy   lower fold   seconds")
for name, model in models.items():
    begin = time.perf_counter()
    scores = cross_val_score(model, X, digit, cv=folds)
    seconds = time.perf_counter() - begin
    print(f"{name:<24}{scores.mean():8.3f}{scores.min():13.3f}{seconds:10.1f}")

# %%
# Who sees which digit
# --------------------
# One mixture of five networks, fitted to half of the digits; the other half is shown.

X_train, X_test, digit_train, digit_test = train_test_split(
    X, digit, test_size=0.5, stratify=digit, random_state=0
)
mixture = MoEClassifier(5, expert="mlp", random_state=0).fit(X_train, digit_train)
limits.restore_original_limits()
print(f"five networks: accuracy {mixture.score(X_test, digit_test):.3f} on the other half")
gate = mixture.gate_proba(X_test)
shares = np.array([gate[digit_test == d].mean(axis=0) for d in range(10)])
print("mean gate_proba of expert 1 to 5")
for d, row in enumerate(shares):
    print(f"  digit {d}: " + "  ".join(f"{share:4.2f}" for share in row))

# %%
# The gate was told nothing of the digits, and divides the images by them all the same: some digits
# go to one expert nearly whole, and the others are divided between two or three. Which digits share
# an expert differs from start to start, and so does which images are got wrong: averaging a few
# starts evens that out.

fig, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
image = axis.imshow(shares.T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
for d in range(10):
    for k in range(5):
        colour = "white" if shares[d, k] > 0.6 else "black"
        axis.text(d, k, f"{shares[d, k]:.2f}", ha="center", va="center", color=colour, fontsize=9)
axis.set(xticks=range(10), yticks=range(5), xlabel="digit", title="Mean gate_proba by digit")
axis.set_yticklabels([f"expert {k + 1}" for k in range(5)])
fig.colorbar(image, ax=axis)

# %%
# The digits of an expert
# -----------------------
# The twelve digits that each expert is most sure to own, by ``gate_proba``.

fig, axes = plt.subplots(5, figsize=(10, 4.6), layout="constrained")
for k, axis in enumerate(axes):
    surest = X_test[np.argsort(-gate[:, k])[:12]].reshape(12, 8, 8)
    axis.imshow(np.hstack(np.pad(surest, ((0, 0), (0, 0), (1, 1)))), cmap="gray_r")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    axis.set_ylabel(f"expert {k + 1}", rotation=0, ha="right", va="center")
plt.show()
