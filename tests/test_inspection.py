"""Displays draw what the estimator says, and refuse what they cannot draw."""

from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor, inspection
from skmoe.gates import HierarchicalGate
from skmoe.inspection import (
    CalibrationDisplay,
    ConvergenceDisplay,
    ElbowDisplay,
    ExpertDisplay,
    GateDisplay,
    PredictiveDisplay,
    ResponsibilityDisplay,
    TreeDisplay,
    UsageDisplay,
    export_text,
)
from skmoe.inspection._rows import dense_sample, movement
from skmoe.model_selection import select_n_experts

from .data import two_lines

LONG = "a_column_with_a_name_in_$_that_is_much_too_long_for_a_label_in_$_{}"


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    """Two lines in two of three columns of a frame."""
    X, y = two_lines(400)
    X = np.column_stack([X, np.random.default_rng(1).integers(0, 2, len(X))])
    return pd.DataFrame(X, columns=["slope", "side", "flag"]), pd.Series(y, name="yield")


@pytest.fixture(scope="module")
def model(rows):
    return MoERegressor(2, n_init=5, random_state=0).fit(*rows)


@pytest.fixture(scope="module")
def tree(rows):
    return HMERegressor(2, n_init=5, random_state=0).fit(*rows)


@pytest.fixture(scope="module")
def classifier():
    X, y = load_iris(return_X_y=True)
    return MoEClassifier(2, random_state=0).fit(X, np.array(["a", "b", "c"])[y]), X, y


def every_display(model, tree, X, y, ax):
    """All displays of the same rows."""
    chosen = SimpleNamespace(
        n_experts=np.arange(1, 4),
        scores={"bic": np.array([3.0, 1.0, 2.0])},
        std_errors=None,
        degenerate=np.zeros(3, dtype=bool),
        criterion="bic",
        best_n_experts_=2,
    )
    yield GateDisplay.from_estimator(model, X, ax=ax())
    yield GateDisplay.from_estimator(model, X, features=0, ax=ax())
    yield ResponsibilityDisplay.from_estimator(model, X, y, ax=ax())
    yield ExpertDisplay.from_estimator(model, X, ax=ax())
    yield ConvergenceDisplay.from_estimator(model, ax=ax())
    yield UsageDisplay.from_estimator(model, X, ax=ax())
    yield TreeDisplay.from_estimator(tree, X, ax=ax())
    yield PredictiveDisplay.from_estimator(model, X, y=y, ax=ax())
    yield PredictiveDisplay.from_estimator(model, X, y=y, shade="sqrt", ax=ax())
    yield CalibrationDisplay.from_estimator(model, X, y, ax=ax())
    yield ElbowDisplay.from_selection(chosen, ax=ax())


def is_within_its_rim(figure):
    """Whether all that is drawn lies on the page."""
    figure.draw_without_rendering()
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    return (drawn.min >= page.min - 0.01).all() and (drawn.max <= page.max + 0.01).all()


def test_all_displays_follow_the_convention(model, tree, rows):
    names = set()
    for display in every_display(model, tree, *rows, lambda: None):
        names.add(type(display).__name__)
        assert display.figure_ is display.ax_.figure
        assert is_within_its_rim(display.figure_)
        first = display.figure_
        assert display.plot() is display
        assert display.figure_ is not first
        plt.close("all")
    assert names | {"export_text"} == set(inspection.__all__)


def test_all_displays_draw_on_the_axes_given(model, tree, rows):
    figure, axes = plt.subplots(3, 4, figsize=(20, 12), layout="constrained")
    given = iter(axes.flat)
    for display in every_display(model, tree, *rows, lambda: next(given)):
        assert display.figure_ is figure


def test_nothing_runs_over_the_rim_with_many_experts_and_long_names():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.standard_normal((400, 6)), columns=[LONG.format(i) for i in range(6)])
    y = np.abs(2 * X.iloc[:, 0]) + np.abs(X.iloc[:, 1]) + 0.1 * rng.standard_normal(400)
    model = MoERegressor(8, tol=0.1, random_state=0).fit(X, y)
    tree = HMERegressor(3, tol=0.1, random_state=0).fit(X, y)
    for display in every_display(model, tree, X, y, lambda: None):
        assert is_within_its_rim(display.figure_), type(display).__name__
        plt.close("all")


# -- the gate ------------------------------------------------------------------------------------


def test_gate_curves_are_the_gate_with_the_other_columns_held(model, rows):
    X, _ = rows
    display = GateDisplay.from_estimator(model, X, features="side", grid_resolution=7)
    asked = pd.DataFrame(
        {
            "slope": X["slope"].median(),
            "side": np.linspace(*X["side"].quantile([0.01, 0.99]), 7),
            "flag": X["flag"].mode()[0],
        }
    )
    proba = model.gate_proba(asked)
    assert [line.get_label() for line in display.lines_] == ["expert 0", "expert 1"]
    for line, own in zip(display.lines_, proba.T, strict=True):
        assert_allclose(line.get_ydata(), own, rtol=1e-6)
        assert_allclose(line.get_xdata(), asked["side"])
    assert display.ax_.get_xlabel() == "side"
    assert len({line.get_linestyle() for line in display.lines_}) == 2


def test_pictures_say_what_is_held_and_who_is_not_seen():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(200, 2)), rng.uniform(size=200) < 0.3])
    y = np.where(X[:, 2] > 0, 3 - 2 * X[:, 1], X[:, 1]) + 0.1 * rng.normal(size=200)
    model = MoERegressor(2, random_state=0).fit(X, y)
    hidden = int(model.assign([[0, 0, 1]])[0])
    share = f"{100 * model.gate_proba(X)[:, hidden].mean():.0f} %"
    words = f"others held at typical values; expert {hidden} ({share} of rows) not seen"
    fan = PredictiveDisplay.from_estimator(model, X, 1)
    curves = GateDisplay.from_estimator(model, X, 1)
    plane = GateDisplay.from_estimator(model, X, [1, 2])
    for display in (fan, curves):
        assert display.note == f"2 {words}"
        assert display.ax_.get_title(loc="left").replace("\n", " ") == display.note
    # Where all are seen nothing is added, and without other columns nothing at all.
    assert plane.note == "1 other held at typical values"
    alone = MoERegressor(1, random_state=0).fit(X[:, :1], y)
    assert GateDisplay.from_estimator(alone, X[:, :1]).note is None
    assert GateDisplay.from_estimator(alone, X[:, :1]).ax_.get_title(loc="left") == ""


def test_gate_regions_are_the_gate(model, rows):
    display = GateDisplay.from_estimator(model, rows[0], ["slope", "side"], grid_resolution=9)
    assert display.gate_proba.shape == (9, 9, 2)
    held = rows[0]["flag"].mode()[0]
    asked = pd.DataFrame(
        {"slope": [display.grid[0][2]], "side": [display.grid[1][5]], "flag": [held]}
    )
    assert_allclose(display.gate_proba[5, 2], model.gate_proba(asked)[0], rtol=1e-6)
    labels = display.ax_.get_xlabel(), display.ax_.get_ylabel()
    assert labels == ("slope", "side")
    # An image is fainter where the gate is less sure.
    sure = display.gate_proba.max(axis=2)
    strength = 1 - np.asarray(display.image_.get_array()).min(axis=2)
    owner = display.gate_proba.argmax(axis=2)
    for k in (0, 1):
        order = np.argsort(sure[owner == k])
        assert (np.diff(strength[owner == k][order]) >= -1e-9).all()


def test_the_gate_shows_the_columns_along_which_it_moves(model, rows):
    assert GateDisplay.from_estimator(model, rows[0]).feature_names[0] == "side"


def test_many_columns_are_tried_in_blocks(model, rows, monkeypatch):
    sample = dense_sample(model, rows[0])
    whole = movement(model.gate_proba, sample)
    monkeypatch.setattr("skmoe.inspection._rows._CELLS", 4)
    assert_allclose(movement(model.gate_proba, sample), whole)


def test_a_column_without_values_is_held(rows):
    gate = DecisionTreeClassifier(max_depth=2)
    expert = DecisionTreeRegressor(max_depth=2)
    X = rows[0].assign(flag=np.nan)
    model = MoERegressor(2, gate=gate, expert=expert, random_state=0).fit(X, rows[1])
    assert GateDisplay.from_estimator(model, X).gate_proba.shape[-1] == 2


def test_points_are_rows_and_at_most_as_many_as_asked_for(model, rows):
    display = GateDisplay.from_estimator(model, rows[0], ["slope", "side"], subsample=50)
    assert display.points.shape == (50, 2)
    assert np.isin(display.points[:, 0], rows[0]["slope"]).all()
    assert GateDisplay.from_estimator(model, rows[0], subsample=0).points_ is None


def test_arrays_have_numbered_columns():
    X, y = two_lines(200)
    display = GateDisplay.from_estimator(MoERegressor(2, random_state=0).fit(X, y), X)
    assert display.feature_names == ["x0", "x1"]


def test_a_constant_column_can_be_shown(rows):
    X = rows[0].assign(flag=1.0)
    model = MoERegressor(2, n_init=5, random_state=0).fit(X, rows[1])
    display = GateDisplay.from_estimator(model, X, ["side", "flag"], grid_resolution=5)
    assert display.ax_.get_ylim() == (0.5, 1.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": "sid"}, "feature 'sid' was given; a position from 0 to 2"),
        ({"features": [0, 1, 2]}, "one feature or two different ones"),
        ({"features": [1, "side"]}, "one feature or two different ones"),
        ({"features": 3}, "feature 3 was given"),
        ({"grid_resolution": 1}, "grid_resolution=1 was given"),
        ({"percentiles": (0.9, 0.1)}, "two increasing numbers from 0 to 1"),
    ],
)
def test_wrong_settings_of_the_gate_are_named(model, rows, options, message):
    with pytest.raises(ValueError, match=message):
        GateDisplay.from_estimator(model, rows[0], **options)


def test_only_mixtures_are_drawn(model, rows):
    X, y = rows
    with pytest.raises(TypeError, match="type DecisionTreeRegressor was given"):
        GateDisplay.from_estimator(DecisionTreeRegressor().fit(X, y), X)
    with pytest.raises(TypeError, match=r"pipeline\[-1\]"):
        UsageDisplay.from_estimator(make_pipeline(StandardScaler(), model), X)
    with pytest.raises(ValueError, match="not fitted"):
        UsageDisplay.from_estimator(MoERegressor(), X)
    with pytest.raises(ValueError, match="X has 2 features, but the mixture"):
        GateDisplay.from_estimator(model, X[["slope", "side"]])


# -- shares and responsibilities -------------------------------------------------------------------


def test_usage_is_the_mean_of_the_gate_and_the_share_of_the_most_probable(model, rows):
    X, _ = rows
    weight = np.random.default_rng(0).integers(0, 3, len(X))
    proba = np.repeat(model.gate_proba(X), weight, axis=0)
    display = UsageDisplay.from_estimator(model, X, sample_weight=weight)
    assert_allclose(display.mean_proba, proba.mean(axis=0))
    share = np.bincount(proba.argmax(axis=1)) / len(proba)
    assert_allclose(display.share_most_probable, share)
    assert_allclose([bar.get_width() for bar in display.mean_bars_], proba.mean(axis=0))
    assert_allclose([bar.get_width() for bar in display.most_probable_bars_], share)
    written = {text.get_text() for text in display.ax_.texts}
    assert {f"{100 * own:.0f} %" for own in share} <= written


def test_responsibilities_are_counted(model, rows):
    display = ResponsibilityDisplay.from_estimator(model, *rows, bins=5)
    table = model.responsibilities(*rows)
    for k, (counts, steps) in enumerate(zip(display.counts_, display.steps_, strict=True)):
        own = table[table[:, k] >= 1e-4, k]
        assert_array_equal(counts, np.histogram(own, 5, (0, 1))[0])
        heights = steps.get_data().values - steps.get_data().baseline
        assert_allclose(heights**2 / heights.max() ** 2, counts / counts.max())
    words = display.ax_.texts[0].get_text()
    assert words == f"{(table.argmax(axis=1) == 0).sum()}\nof {display.counts_[0].sum()} rows"


# -- experts ---------------------------------------------------------------------------------------


def test_coefficients_are_drawn_largest_first(model, rows):
    display = ExpertDisplay.from_estimator(model, rows[0], max_features=2)
    scaled = model.expert_coef_ * rows[0].std(ddof=0).to_numpy()
    assert_allclose(display.coef, scaled)
    assert_array_equal(display.features_, np.argsort(-np.abs(scaled).max(axis=0))[:2])
    for own, dots in zip(scaled, display.dots_, strict=True):
        assert_allclose(dots.lines[0].get_xdata(), own[display.features_])
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels[0] == "slope"
    assert "standard deviation" in display.ax_.get_xlabel()


def test_without_rows_coefficients_keep_their_units(model):
    display = ExpertDisplay.from_estimator(model)
    assert_allclose(display.coef, model.expert_coef_)
    assert display.ax_.get_xlabel() == "coefficient per unit of the feature"


def test_a_class_is_chosen_by_its_label(classifier):
    model, X, _ = classifier
    display = ExpertDisplay.from_estimator(model, X, output="b", standardize=False)
    assert_allclose(display.coef, model.expert_coef_[:, 1])
    with pytest.raises(ValueError, match=r"output=None .* one of \['a', 'b', 'c'\]"):
        ExpertDisplay.from_estimator(model, X)


def test_names_that_would_look_alike_get_more_room():
    names = [f"{'a' * 20}{i}{'b' * 20}" for i in range(3)]
    coef = np.array([[3.0, 2.0, 1.0]])
    display = ExpertDisplay(coef=coef, feature_names=names).plot()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert len(set(labels)) == 3


def test_experts_without_coefficients_are_refused(rows):
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_depth=2), random_state=0).fit(*rows)
    with pytest.raises(ValueError, match="EstimatorExpert, which has no coefficients"):
        ExpertDisplay.from_estimator(model)
    assert "DecisionTreeRegressor" in export_text(model)


def test_intervals_are_scaled_like_their_coefficients(model, rows):
    display = ExpertDisplay.from_estimator(model, *rows, confidence=0.9)
    spread = rows[0].std(ddof=0).to_numpy()
    known = model.inference(*rows).intervals(0.9)["expert_coef_"]
    assert_allclose(display.interval, known * spread)
    (bars,) = display.dots_[1].lines[2]
    ends = np.array(bars.get_segments())[:, :, 0]
    assert_allclose(ends, display.interval[:, 1][:, display.features_].T)


def test_a_coefficient_that_is_not_determined_has_no_interval():
    coef = np.array([[2.0, 1.0]])
    ends = np.array([[[-np.inf, 0.5]], [[np.inf, 1.5]]])
    display = ExpertDisplay(coef=coef, feature_names=["a", "b"], interval=ends).plot()
    (bars,) = display.dots_[0].lines[2]
    assert np.isnan(bars.get_segments()[0]).any() or len(bars.get_segments()[0]) == 0
    assert np.isfinite(display.ax_.get_xlim()).all()


def test_intervals_need_rows(model, rows):
    with pytest.raises(ValueError, match="y was given without X"):
        ExpertDisplay.from_estimator(model, y=rows[1])


# -- the climb and the choice ----------------------------------------------------------------------


def test_the_climb_is_the_history(model):
    display = ConvergenceDisplay.from_estimator(model)
    assert_allclose(display.line_.get_ydata(), model.history_)
    assert display.validation_ax_ is None


def test_starts_and_held_out_rows_have_lines_of_their_own():
    starts = [[1.0, 2.0], [0.0, 1.5, 1.6]]
    display = ConvergenceDisplay(
        history=[1.0, 3.0, 4.0], start_histories=starts, validation_scores=[0.1, 0.2]
    ).plot()
    assert [list(line.get_ydata()) for line in display.start_lines_] == starts
    assert_allclose(display.validation_line_.get_ydata(), [0.1, 0.2])
    assert display.validation_line_.axes is display.validation_ax_ is not display.ax_
    words = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert words == ["objective", "starts", "held-out rows"]


def test_a_first_pass_that_would_hide_the_rest_is_written_below():
    display = ConvergenceDisplay(history=[-1e9, -10.0, -9.0, -8.0]).plot()
    assert display.ax_.get_ylim()[0] > -11
    assert display.ax_.texts[0].get_text() == "pass 0: -1e+09, below"


@pytest.fixture
def selection():
    return SimpleNamespace(
        n_experts=np.arange(1, 5),
        scores={"bic": np.array([9.0, 4.0, 5.0, 1.0]), "cv": np.array([-3.0, -1.0, -2.0, -4.0])},
        std_errors=np.array([0.1, 0.2, 0.3, 0.4]),
        degenerate=np.array([False, False, False, True]),
        criterion="bic",
        best_n_experts_=2,
    )


def test_the_elbow_shows_fits_the_choice_and_what_was_left_out(selection):
    display = ElbowDisplay.from_selection(selection)
    assert_allclose(display.line_.get_xydata(), [[1, 9], [2, 4], [3, 5]])
    assert_allclose(display.degenerate_.get_xydata(), [[4, 1]])
    assert display.degenerate_.get_fillstyle() == "none"
    assert_allclose(display.best_.get_xydata(), [[2, 4]])
    assert display.error_bars_ is None
    assert display.ax_.get_ylabel() == "BIC (lower is better)"
    crossed = ElbowDisplay.from_selection(selection, criterion="cv")
    ends = np.array(crossed.error_bars_.get_segments())[:, :, 1]
    assert_allclose(ends, [[-3.1, -2.9], [-1.2, -0.8], [-2.3, -1.7]])
    with pytest.raises(ValueError, match="criterion='icl' was given"):
        ElbowDisplay.from_selection(selection, criterion="icl")


def test_the_elbow_of_a_real_choice():
    X, y = two_lines(300)
    chosen = select_n_experts(MoERegressor(random_state=0), X, y, n_experts=[1, 2, 3])
    display = ElbowDisplay.from_selection(chosen)
    assert display.best_.get_xdata() == [chosen.best_n_experts_]
    fine = ~chosen.degenerate
    assert_allclose(display.line_.get_ydata(), chosen.scores["bic"][fine])


def test_the_elbow_of_a_mixture_is_that_of_its_choice(model, selection):
    with pytest.raises(ValueError, match="fitted with 2 experts without a choice"):
        ElbowDisplay.from_estimator(model)


# -- trees and text --------------------------------------------------------------------------------


def planted_tree():
    """A tree of one decision with coefficients that are known."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 200, size=(600, 2))
    power = X[:, 0] > 100
    y = np.where(power, 5.0, 3 * X[:, 1]) + rng.standard_normal(600)
    return HMERegressor(1, random_state=0).fit(pd.DataFrame(X, columns=["power", "size"]), y), X, y


def test_a_node_asks_for_the_border_between_its_branches():
    model, X, _ = planted_tree()
    lines = export_text(model).splitlines()
    rules = [line for line in lines if line.startswith("|--- power")]
    assert len(rules) == 2
    assert {rule.split()[2] for rule in rules} == {"<=", ">"}
    border = float(rules[0].split()[-1])
    assert abs(border - 100) < 2
    # Rows on the side a rule names go mostly where it leads.
    for turn, rule in enumerate(rules):
        side = X[:, 0] > border if ">" in rule else X[:, 0] <= border
        rows = pd.DataFrame(X, columns=["power", "size"])[side]
        assert model.node_proba(rows)[:, turn].mean() > 0.9
    answer = max(lines, key=lambda line: " 3.00 size" in line)
    assert answer.startswith("|   |   |--- y = ")
    drawn = TreeDisplay.from_estimator(model)
    assert drawn.texts_[()].get_text() == f"power > {border:.2f} ?"
    assert drawn.turns == {
        (turn,): "yes" if ">" in rule else "no" for turn, rule in enumerate(rules)
    }


def test_shares_in_the_tree_are_those_of_the_rows(tree, rows):
    display = TreeDisplay.from_estimator(tree, rows[0])
    passed = tree.node_proba(rows[0]).mean(axis=0)
    assert_allclose([display.shares[path] for path in tree.gate_.branches], passed, atol=1e-9)
    assert set(display.texts_) == {(), (0,), (1,), *tree.gate_.leaf_paths()}
    assert set(display.branches_) == set(tree.gate_.branches)
    leaf = display.texts_[0, 1].get_text()
    assert leaf.startswith("expert 1, ")
    assert "y = " in leaf


def test_boxes_of_a_tree_do_not_overlap(tree, rows):
    display = TreeDisplay.from_estimator(tree, rows[0])
    display.figure_.draw_without_rendering()
    boxes = [text.get_bbox_patch().get_window_extent() for text in display.texts_.values()]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


@pytest.mark.parametrize("gate", ["constant", "gaussian", HierarchicalGate()])
def test_trees_of_other_gates_are_drawn(rows, gate):
    model = HMERegressor(1, 3, gate=gate, random_state=0).fit(*rows)
    assert len(TreeDisplay.from_estimator(model, rows[0]).texts_) == 4
    assert "expert 2" in export_text(model)


def test_the_logits_of_a_flat_gate_are_written_less_their_mean(model):
    lines = export_text(model, decimals=3, max_features=3).splitlines()
    logit = model.gate_intercept_ - model.gate_intercept_.mean()
    coef = model.gate_coef_ - model.gate_coef_.mean(axis=0)
    assert lines[0] == "|--- expert 0"
    assert_allclose(float(lines[1].split()[4]), logit[0], atol=5e-4)
    assert f"{abs(coef[0, 1]):.3f} side" in lines[1]
    assert lines[3] == f"|   |--- scale {model.expert_scale_[0]:.3f}"


def test_terms_left_out_are_held_at_their_means(model, rows):
    line = export_text(model, decimals=4, max_features=1).splitlines()[2]
    means = rows[0].mean().to_numpy()
    rest = model.expert_intercept_[0] + model.expert_coef_[0, 1:] @ means[1:]
    sign = "-" if model.expert_coef_[0, 0] < 0 else "+"
    slope = abs(model.expert_coef_[0, 0])
    assert line == f"|   |--- y = {rest:.4f} {sign} {slope:.4f} slope + ..."


def test_classes_and_counts_are_named(classifier, rows):
    assert "logit of b = " in export_text(classifier[0])
    counts = np.random.default_rng(0).poisson(2, len(rows[0]))
    model = MoERegressor(1, family="poisson", random_state=0).fit(rows[0], counts)
    assert "log y = " in export_text(model)


def test_flat_gates_have_no_tree(model):
    with pytest.raises(ValueError, match="SoftmaxGate, which has no nodes"):
        TreeDisplay.from_estimator(model)
    with pytest.raises(ValueError, match="2 feature names were given for a mixture of 3"):
        export_text(model, feature_names=["a", "b"])


# -- predictions -----------------------------------------------------------------------------------


def test_the_fan_is_made_of_quantiles(model, rows):
    X, y = rows
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    display = PredictiveDisplay.from_estimator(
        model, X, "side", y=y, quantiles=levels, grid_resolution=5, subsample=30
    )
    asked = pd.DataFrame(
        {"slope": X["slope"].median(), "side": display.grid, "flag": X["flag"].mode()[0]}
    )
    assert_allclose(display.quantiles, model.predict_quantiles(asked, levels), rtol=1e-6)
    assert_allclose(display.line_.get_ydata(), display.quantiles[:, 2])
    assert len(display.bands_) == 2
    assert display.points.shape == (30, 2)
    assert display.ax_.get_ylabel() == "yield"
    wanted = {(side, value) for side, value in zip(X["side"], y, strict=True)}
    assert set(map(tuple, display.points)) <= wanted


def test_the_density_shows_both_modes():
    x = np.linspace(-1, 1, 400)[:, None]
    rng = np.random.default_rng(0)
    y = np.where(np.arange(400) % 2, 3.0, -3.0) + 0.3 * rng.standard_normal(400)
    model = MoERegressor(2, gate="constant", n_init=8, random_state=0).fit(x, y)
    display = PredictiveDisplay.from_estimator(model, x, shade="linear")
    height = display.heights
    width = height[1] - height[0]
    assert_allclose(display.density.sum(axis=0) * width, 1, atol=0.01)
    column = np.asarray(display.image_.get_array())[:, 0]
    middle = column[np.abs(height) < 1].max()
    assert column[height > 1].max() > 20 * middle < column[height < -1].max()
    assert not display.bands_


def test_the_densities_of_counts_stand_at_whole_numbers(rows):
    counts = np.random.default_rng(0).poisson(3, len(rows[0]))
    model = MoERegressor(1, family="poisson", random_state=0).fit(rows[0], counts)
    display = PredictiveDisplay.from_estimator(model, rows[0], shade="log")
    assert_array_equal(display.heights, np.round(display.heights))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantiles": (0.5, 0.2)}, "increasing numbers between 0 and 1"),
        ({"quantiles": (0.0, 0.5)}, "increasing numbers between 0 and 1"),
        ({"shade": "cube"}, "shade='cube' was given"),
        ({"feature": "slop"}, "feature 'slop' was given"),
    ],
)
def test_wrong_settings_of_a_prediction_are_named(model, rows, options, message):
    with pytest.raises(ValueError, match=message):
        PredictiveDisplay.from_estimator(model, rows[0], **options)


def test_predictions_of_classes_and_of_several_targets_are_refused(classifier, rows):
    model, X, y = classifier
    with pytest.raises(ValueError, match="MoEClassifier was given; a regressor is allowed"):
        CalibrationDisplay.from_estimator(model, X, y)
    X, y = rows
    several = MoERegressor(2, random_state=0).fit(X, np.column_stack([y, -y]))
    with pytest.raises(ValueError, match="y of 2 columns"):
        PredictiveDisplay.from_estimator(several, X)


def test_calibration_is_the_distribution_function_at_y(model, rows):
    display = CalibrationDisplay.from_estimator(model, *rows, bins=5)
    law = model.predict_dist(rows[0])
    y = rows[1].to_numpy()
    assert_allclose(display.pit, law.cdf(y))
    heights = [bar.get_height() for bar in display.bars_]
    assert_allclose(heights, 5 * np.histogram(display.pit, 5, (0, 1))[0] / len(y))
    low, high = law.interval(0.8)
    at = np.argmin(np.abs(display.levels - 0.8))
    assert_allclose(display.coverage[at], np.mean((low <= y) & (y <= high)))
    assert display.band_[0] < 1 < display.band_[1]


def test_a_forecast_that_is_too_narrow_leaves_the_band(model, rows):
    X, y = rows
    far = y + 3 * (y - model.predict(X))
    display = CalibrationDisplay.from_estimator(model, X, far)
    assert display.bars_[0].get_height() > display.band_[1]
    assert (display.coverage < display.levels)[5:].all()


def test_calibration_of_counts_is_uniform_and_repeats_itself():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(2000, 1))
    counts = rng.poisson(np.exp(x[:, 0]))
    model = MoERegressor(1, family="poisson", random_state=0).fit(x, counts)
    first, second = (CalibrationDisplay.from_estimator(model, x, counts) for _ in range(2))
    assert_array_equal(first.pit, second.pit)
    heights = np.array([bar.get_height() for bar in first.bars_])
    assert ((first.band_[0] <= heights) & (heights <= first.band_[1])).mean() >= 0.8


def test_axes_of_the_wrong_number_are_refused(model, rows):
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="ax has 3 axes; this display draws on 2"):
        CalibrationDisplay.from_estimator(model, *rows, ax=axes)


def test_a_stream_has_no_climb_to_draw():
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = MoERegressor(2, random_state=0).partial_fit(X, np.abs(X[:, 0]))
    with pytest.raises(ValueError, match="learnt from batches"):
        ConvergenceDisplay.from_estimator(model)


def test_the_climbs_of_all_starts_are_drawn():
    X = np.random.default_rng(0).normal(size=(200, 2))
    model = MoERegressor(2, n_init=12, random_state=0).fit(X, np.abs(X[:, 0]))
    display = ConvergenceDisplay.from_estimator(model)
    # Two of them have gone into ways out of the best.
    assert len(display.start_lines_) == 10
    for line, history in zip(display.start_lines_, model.start_histories_, strict=True):
        assert_allclose(line.get_ydata(), history)
        assert (np.diff(history) >= -1e-9 * abs(history[0])).all()
    plt.close("all")
