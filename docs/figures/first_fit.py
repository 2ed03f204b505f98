"""The first fit of the page on getting started, with the calls that it shows."""

from _style import figure
from sklearn.model_selection import train_test_split

from skmoe import MoERegressor
from skmoe.datasets import make_crossing_lines
from skmoe.inspection import GateDisplay, PredictiveDisplay

X, y = make_crossing_lines(random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = MoERegressor(n_experts=2, random_state=0).fit(X_train, y_train)

left, right = figure(2.9).subplots(1, 2)
PredictiveDisplay.from_estimator(model, X_test, y=y_test, ax=left)
GateDisplay.from_estimator(model, X_test, ax=right)
left.set_title("The distribution of y")
right.set_title("Who answers")
