"""What users write, for a type checker: a line with `# wrong` must be an error, no other.

Not run, and not collected: `tests/test_typing.py` gives it to mypy.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

import skmoe
from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.datasets import make_crossing_lines, make_robot_arm
from skmoe.distribution import MixtureDistribution
from skmoe.exceptions import NotConvergedWarning
from skmoe.experts import EstimatorExpert, LinearExpert, MixedExpert, MLPExpert
from skmoe.families import Family, StudentT, Tweedie
from skmoe.gates import Gate, GaussianGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.inspection import CalibrationDisplay, GateDisplay, export_text
from skmoe.model_selection import Selection, bic_scorer, select_n_experts
from skmoe.readers import ArrayReader, CSVReader
from skmoe.solvers import EM, LBFGS, Adam
from skmoe.testing import check_family, check_gate

X, y = make_crossing_lines(random_state=0)

# -- estimators ------------------------------------------------------------------------------------

model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
MoERegressor(np.int64(2), tol=np.float32(1e-3), random_state=np.random.RandomState(0))
MoERegressor("auto", gate=TopKGate(HierarchicalGate("gaussian", depth=3), k=2))
MoERegressor(2, expert=HistGradientBoostingRegressor(), gate=LogisticRegression())
MoERegressor(2, family=StudentT(), solver="lbfgs", init=[0, 1, -1], n_jobs=2)
MoERegressor(2, categorical_features=["job", "town"], warm_start=True)
MoERegressor(n_expert=2)  # wrong
MoERegressor(n_experts="two")  # wrong
MoERegressor(2, "softmax")  # wrong
MoERegressor(solver="newton")  # wrong
MoERegressor(family=3)  # wrong
MoERegressor(max_iter=None)  # wrong
MoERegressor(class_weight="balanced")  # wrong
MoEClassifier(family="ordinal", class_weight={"a": 1.0})
MoEClassifier(class_weight="balance")  # wrong
HMERegressor(depth=3, branching=2, grow=True)
HMEClassifier(n_experts=4)  # wrong
accurate: MoEClassifier = MoEClassifier.accurate(n_jobs=2)

# -- what rows carry -------------------------------------------------------------------------------

model.fit(X, y, exposure=2.0, offset="known", groups="person")
model.fit(X, y, y, trials=y)
model.fit(X, y, exposures=y)  # wrong
model.fit(X, y, exposure=None)
model.fit(X)  # wrong
model.fit(None, y)  # wrong
model.predict(X, exposure=y, offset=y)
model.predict(X, trials=y)  # wrong
MoEClassifier().fit(X, y, exposure=y)  # wrong
model.set_fit_request(sample_weight=True, exposure="years")
model.set_fit_request(weights=True)  # wrong

# -- answers ---------------------------------------------------------------------------------------

mean = model.predict(X)
mean, std = model.predict(X, return_std=True)
model.predict(X, return_std="yes")  # wrong
law: MixtureDistribution = model.predict_dist(X)
lower, upper = law.interval(0.9)
law.interval(confidence="90%")  # wrong
law.pmf(y)  # wrong
total: float = model.score(X, y) + model.bic(X, y, joint=False)
text: str = model.score(X, y)  # wrong
names: list[str] = [*model.coef_names_, *model.problems_]
number: int = model.n_experts_
gate: Gate = model.gate_
model.set_params(n_experts=3).n_experts
MoERegressor(expert=MixedExpert([("line", "linear")])).fit(X, y).expert_.kinds[0]
lines: str = model.summary(X, y).title
model.inference(X, y, robust=True).intervals(0.9)["expert_coef_"].round(2)
MoEClassifier().fit(X, y).predict_uncertainty(X).between
model.responsibilities(X)  # wrong

# -- readers ---------------------------------------------------------------------------------------

reader = ArrayReader(X, y, batch_rows=100)
model.fit_blocks(reader, groups=None).score(reader)
model.predict(lambda: iter([(X, y)]))
sum(law.mean().sum() for law in model.predict_dist(reader, groups="person"))
model.predict_dist(reader).mean()  # wrong
model.fit_blocks(X)  # wrong
CSVReader("table.csv", "price", columns=["area"], sep=";")
CSVReader(3)  # wrong

# -- parts -----------------------------------------------------------------------------------------

SoftmaxGate(alpha="auto", columns=["age"], segments=2)
SoftmaxGate(alpha="none")  # wrong
GaussianGate(covariance_type="diagonal")  # wrong
MixedExpert([("line", "linear"), ("boosting", HistGradientBoostingRegressor())])
MixedExpert(["linear"])  # wrong
LinearExpert(columns=slice(0, 2))
LinearExpert(column=[0])  # wrong
MLPExpert(hidden_layer_sizes=(32, 32), activation="tanh")
MLPExpert(activation="swish")  # wrong
EstimatorExpert(HistGradientBoostingRegressor(), cv=5)
EstimatorExpert()  # wrong
StudentT(scale="shared")
StudentT(scale="row")  # wrong
Tweedie(powers=1.5)  # wrong
EM(memory=0, decay=0.7, forgetting=0.1)
LBFGS(memory="auto")
Adam(schedule="linear")  # wrong
Adam(n_epochs=10, random_state=None)


class Unit(Family):
    """A family of one's own."""

    n_scales = 0


check_family(Unit())
check_gate(Unit)  # wrong

# -- choosing and looking --------------------------------------------------------------------------

chosen: Selection = select_n_experts(MoERegressor(), X, y, n_experts=range(1, 5), criterion="cv")
select_n_experts(MoERegressor(), X, y, criterion="mdl")  # wrong
chosen.best_n_experts_ + 1
assert chosen.best_estimator_ is not None
chosen.best_estimator_.predict(X)
chosen.to_frame().head()
bic_scorer(model, X, y) + 1.0
GateDisplay.from_estimator(model, X, features=[0, 1]).ax_.set_title("regions")
GateDisplay.from_estimator(model, X).gate_proba.shape
GateDisplay.from_estimator(model, X, feature=[0, 1])  # handed on to matplotlib
CalibrationDisplay.from_estimator(model, X, y, bins="many")  # wrong
export_text(model, decimals=3).splitlines()
export_text(model, digits=3)  # wrong
make_robot_arm(100, noise=0.1)
make_robot_arm(100, 0.1)  # wrong
issubclass(NotConvergedWarning, UserWarning)
skmoe.show_versions()
skmoe.gates.ConstantGate()
skmoe.regressors  # wrong
