"""The estimator that regressor and classifier share."""

import copy
import warnings

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.exceptions import InconsistentVersionWarning

from skmoe import __version__

from .._numerics.part import MadeOfParts
from .._rows.arrays import allowing_underflow
from .._rows.blocks import in_threads
from .._rows.carried import Given
from .._rows.categories import coded, learn_categories, rows_that_count
from .._rows.compat import (
    CallbackSupportMixin,
    VisualBlock,
    checked_weight,
    get_namespace_and_device,
    move_to,
    with_callbacks,
)
from .._rows.tables import accepted, check_column, is_elsewhere, noted_columns
from .._rows.validation import check_count
from .._rows.weights import WeightTotals, counted_weight, streamed_weight
from ..experts import NAMES as EXPERTS
from ..experts._base import as_expert
from ..gates import NAMES as GATES
from ..gates._base import as_gate
from ..mixture import Mixture
from ..model_selection._choosing import MOST_EXPERTS, choose_n_experts
from ..starts._given import is_given, responsibilities_of
from ..starts._widening import with_experts
from ._carried import NOTHING, carrying, check_takes
from ._checks import check_sound
from ._climbing import Climbed, climb, climb_apart, histories, settings_of_climbs, together
from ._diagnosis import diagnosis, warn_of
from ._fitted import climb_attributes, exact_likelihood, model_attributes
from ._online import OnlineMixin
from ._out_of_core import OutOfCoreMixin
from ._preparation import Features, Ready, fresh_start, too_many_experts
from ._progress import Progress
from ._reading import ReadingMixin
from ._reporting import ReportingMixin
from ._settings import make_part, part_of, plan

__all__ = ["BaseMixtureOfExperts"]


def _levels(state):
    """Levels of the features that are categories, by position."""
    return {i: own.levels for i, own in state.get("_categories", {}).items()}


class BaseMixtureOfExperts(
    OnlineMixin,
    OutOfCoreMixin,
    ReadingMixin,
    ReportingMixin,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    MadeOfParts,
):
    """What regressor and classifier share: the fit, and scikit-learn's conventions."""

    @classmethod
    def accurate(cls, **params):
        """An estimator set for accuracy, of density and mean alike, rather than for reading.

        Four climbs of neural experts, with different penalties, two of them on segments of the
        features, averaged with weights from rows that all hold out. It takes some three to twenty
        times as long as one of scikit-learn's networks; on data in float32, half of that.
        `n_jobs=2` runs the climbs side by side, in processes, whose start takes two seconds once.

        Parameters
        ----------
        **params : dict
            Of the estimator, in place of those or beside them: `n_init=8` for more climbs.

        Returns
        -------
        estimator : object
            Not fitted; its representation says how it is set.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> MoERegressor.accurate(n_jobs=2)
        MoERegressor(average=True, expert=MLPExpert(alpha='auto', segments='auto'),
                     n_init=4, n_jobs=2)
        """
        expert = EXPERTS["mlp"](alpha="auto", segments="auto")
        return cls(**{"expert": expert, "n_init": 4, "average": True, **params})

    # -- fitting -----------------------------------------------------------------------------

    @allowing_underflow
    def _fit(self, X, y, sample_weight, carried=NOTHING, narrow=None):
        """Fit and set the fitted attributes, all at once and only after success.

        `narrow` is a mixture of one expert less, fitted to the same data: starts are splits of it.
        """
        X, values = carried.parted(X)
        given = Given(X, y, sample_weight, values)
        settings = plan(self, X)._replace(narrow=narrow)
        # Validation notes the columns on the estimator; until the fit has succeeded, on a copy.
        checked = copy.copy(self)
        rows, state = self._checked_rows(checked, given, settings)
        state["_carried"] = carried.named()
        return self._fit_rows(rows, state | noted_columns(checked), settings, given)

    def _fit_rows(self, rows, state, settings, given):
        """Fit to checked rows and set the fitted attributes.

        Parameters
        ----------
        rows : Blocks
            As given, with weights that count rows.
        state : dict
            What is known of columns, targets and classes, by the attribute that tells it.
        settings : Settings
        given : Given
        """
        if settings.n_experts == "auto":
            settings, state["selection_"] = self._choose(settings, given, rows)
        settings = self._with_given(settings, given, rows)._replace(record=state["_record"])
        rows = rows.as_they_stand()
        several = settings_of_climbs(settings)
        progress = Progress(self, rows, given, settings, len(several))
        climbs = self._climbs(rows, state, several, progress)
        (ready, mixture, trace), shares = together(climbs, settings.average)
        if shares is not None:
            state["climb_shares_"] = shares.tolist()
        check_sound(mixture, trace.history[-1], "fit")
        problems = diagnosis(rows, given.is_weighted, ready, mixture, trace, state)
        shift = trace.weight * ready.units.log_spread()
        fitted = {
            **model_attributes(mixture, ready.units, state),
            **climb_attributes(mixture, ready.units, trace),
            **state,
            "start_histories_": [[value - shift for value in own] for own in histories(climbs)],
            **exact_likelihood(mixture, ready.units, ready.blocks, trace),
            "problems_": [text for _, text in problems],
            "_parts": settings.parts(),
            "_is_pooled": ready.advantage is not None,
            "_n_groups": rows.n_groups(),
        }
        for name in ("selection_", "climb_shares_", "feature_names_in_"):
            vars(self).pop(name, None)
        vars(self).update(fitted)
        warn_of(problems)
        progress.end(mixture)
        return self

    def _climbs(self, rows, state, several, progress):
        """The climbs of several settings, side by side; fewer where a callback stops the fit."""
        # Of a reader there is one pass at a time.
        n_jobs = several[0].n_jobs if rows.is_array and len(several) > 1 else None
        apart = several[0].solver.stochastic and progress.is_silent and rows.is_on_host
        if n_jobs not in (None, 1) and apart:
            ready = [self._ready(rows, state, settings) for settings in several]
            return climb_apart(ready, several, n_jobs)

        def begin_and_climb(number, settings):
            if progress.stopped:
                return None
            with progress.climbing():
                ready = self._ready(rows, state, settings)
                report = progress.reporter(number, ready.units, state)
                return Climbed(ready, *climb(ready.mixture, ready.blocks, settings, report))

        with progress.stopping():
            return list(filter(None, in_threads(begin_and_climb, enumerate(several, 1), n_jobs)))

    @with_callbacks
    def _fit_wider(self, narrow, given):
        """Fit from a mixture of one expert less, fitted to the same data, or from none."""
        return self._fit(*given, narrow)

    def _checked_rows(self, checked, given, settings, classes=None):
        """Rows of a first fit, and what to note about their targets."""
        X, y, sample_weight, carried = given
        X, categories = self._without_categories(X, sample_weight, settings.online)
        X, targets, state = self._validate_fit(checked, X, y, accepted(settings, X), classes)
        state["_categories"] = categories
        family = settings.family
        family.check(targets)
        targets, carried = carried.of_targets(family, targets)
        weight = self._check_weight(X, sample_weight, settings.online)
        weight = self._row_weight(X, weight, targets, state)
        state["_record"] = record = carried.record(family, self._n_predictors(family, state))
        check_takes(settings, record)
        return carried.rows(X, targets, weight, record, family, settings.n_jobs), state

    def _without_categories(self, X, sample_weight, online):
        """X with codes in place of categories, and these by position."""
        if is_elsewhere(X):
            return X, {}
        counted = rows_that_count(X, sample_weight)
        categories = learn_categories(X, self.categorical_features, counted)
        if categories and online:
            told = [own.name for own in categories.values()]
            raise ValueError(
                f"X has categories in the columns {told}, whose levels no batch tells alone. "
                "Encode them (OneHotEncoder with its categories given), or begin with fit."
            )
        return coded(X, categories, counted), categories

    def _choose(self, settings, given, rows):
        """Settings with the number of experts that the data ask for, and what tells it."""
        if self._is_warm(settings._replace(n_experts=getattr(self, "n_experts_", None))):
            known = getattr(self, "selection_", None)
            return settings._replace(n_experts=self._mixture.n_experts()), known
        most = rows.n_distinct(MOST_EXPERTS)
        # The same draws as on the way to the choice: the same fit.
        seed = settings.random_state.randint(2**31 - 1)
        path = clone(self).set_params(random_state=seed)
        selection, narrow = choose_n_experts(path, given, most)
        settings = plan(with_experts(self, selection.best_n_experts_), given.X)
        narrow = None if self.average else narrow
        return settings._replace(narrow=narrow, random_state=np.random.RandomState(seed)), selection

    def _with_given(self, settings, given, rows):
        """Settings with the start that the user has given, of which a warm one has no need."""
        if not is_given(self.init) or self._is_warm(settings):
            return settings
        weight = rows.weight if rows.order is None else rows.as_given(rows.weight)
        table = responsibilities_of(self.init, given, weight, rows.n_rows, settings.n_experts)
        return settings._replace(given=rows.in_order(table))

    def _ready(self, rows, state, settings):
        """Where the climb begins: at a start, or at the mixture of the last fit."""
        if settings.n_experts > rows.n_rows:
            raise ValueError(too_many_experts(settings, rows.n_rows, "samples"))
        if not self._is_warm(settings):
            names, number = state.get("feature_names_in_"), state["n_features_in_"]
            features = Features(names, number, _levels(state))
            ready = fresh_start(rows, settings, features)
            # Climbs with other penalties can only be compared on rows held out.
            held_out = settings.solver.n_held(ready.blocks.n_rows)
            rung = settings.rung if held_out else 0
            return ready._replace(mixture=ready.mixture.on_rung(rung))
        self._check_goes_on(rows, state)
        return Ready(self._units, self._mixture, self._units.seen(rows), [])

    def _is_warm(self, settings):
        """Whether to go on from the mixture of the last fit, if it is what is asked for now.

        From experts that one penalty holds together there is no way on.
        """
        if not (self.warm_start and hasattr(self, "_mixture")) or self._is_pooled:
            return False
        return settings.made_of(self._parts, self._mixture)

    def _check_goes_on(self, rows, state):
        """Whether the mixture of the last fit can be fitted to these rows."""
        if _levels(state) != _levels(vars(self)):
            raise ValueError(
                "warm_start=True goes on from a fit with other levels of the categories. Pass "
                "the same ones, or set warm_start=False."
            )
        now = (state["n_features_in_"], self._target_kind(state))
        last = (self.n_features_in_, self._target_kind(vars(self)))
        if now != last:
            raise ValueError(
                f"warm_start=True goes on from a fit with {last[0]} features and {last[1]}, but "
                f"X has {now[0]} features and y has {now[1]}. Pass the same kind of data, or set "
                "warm_start=False."
            )
        if state["_record"] != self._record:
            raise ValueError(
                "warm_start=True goes on from a fit with other columns of exposure, offset or "
                "groups. Pass the same ones, or set warm_start=False."
            )

    # -- what the kinds of estimators set in their own way ------------------------------------

    def _part(self, name):
        return part_of(self, name)

    def _make_gate(self):
        return make_part(self.gate, "gate")

    def _count_experts(self):
        """The number of experts, checked, or "auto"."""
        if isinstance(self.n_experts, str) and self.n_experts == "auto":
            return self.n_experts
        try:
            return check_count(self.n_experts, "n_experts")
        except ValueError:
            raise ValueError(
                f"n_experts={self.n_experts!r} was given; an integer of at least 1, or 'auto', is "
                "allowed. Pass for example n_experts=2."
            ) from None

    def _experts_label(self):
        return f"{self.n_experts} experts"

    def _experts_setting(self):
        """What sets the number of experts, for messages."""
        return f"n_experts={self.n_experts}"

    def _levels(self, *labels):
        """Labels in their order, where tables of them tell it; None without one, or by value."""
        return None

    def _row_weight(self, X, weight, targets, state, counts=None):
        """Weights of rows from those given; a classifier multiplies them by class."""
        return weight

    def _check_weight(self, X, sample_weight, online=False):
        """Row weights that count rows, in the namespace of X, or None.

        Those of a stream are taken as they are: no batch knows how many rows there will be.
        """
        if sample_weight is None:
            return None
        weight = self._given_weight(X, sample_weight)
        totals = WeightTotals(weight)
        totals.check()
        return (
            streamed_weight(weight, X.dtype) if online else counted_weight(weight, X.dtype, totals)
        )

    @staticmethod
    def _given_weight(X, sample_weight):
        """Row weights as given, in the namespace of X, all of at least zero."""
        check_column(sample_weight, "sample_weight")
        xp, _, device = get_namespace_and_device(X)
        sample_weight = move_to(sample_weight, xp=xp, device=device)
        try:
            weight = checked_weight(sample_weight, X)
        except (TypeError, ValueError) as error:
            if "float" not in str(error):
                raise
            raise ValueError(
                f"sample_weight is not made of numbers ({error}). Pass a number for every row."
            ) from error
        if float(xp.min(weight)) < 0:
            raise ValueError(
                "Negative values in data passed to sample_weight: the smallest is "
                f"{float(xp.min(weight)):g}; weights of at least 0 are allowed. "
                "Leave out rows that should not count."
            )
        return weight

    # -- scikit-learn's conventions ----------------------------------------------------------

    @carrying("groups")
    def transform(self, X, *, carried):
        """Probability of every expert given x: a mixture as a feature step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_experts)

        Examples
        --------
        Gate probabilities as columns for another model:

        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.transform(X).shape
        (200, 2)
        >>> model.get_feature_names_out()
        array(['moeregressor0', 'moeregressor1'], dtype=object)
        """
        return self._rows(X, "transform", carried=carried).map(self._gate_proba)

    @property
    def _n_features_out(self):
        return self.n_experts_

    def __getstate__(self):
        # As scikit-learn does, which stamps its own classes alone.
        return {**super().__getstate__(), "_skmoe_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        stored = state.pop("_skmoe_version", "unknown")
        if stored != __version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"{type(self).__name__} of skmoe",
                    current_sklearn_version=__version__,
                    original_sklearn_version=stored,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        try:
            parts = Mixture(as_gate(self.gate), as_expert(self.expert))
        except ValueError:
            # What is wrong with a setting, a fit will say.
            return tags
        words = accepted(parts, None)
        tags.input_tags.allow_nan = words["ensure_all_finite"] == "allow-nan"
        tags.input_tags.sparse = words["accept_sparse"] == "csr"
        return tags

    def _sk_visual_block_(self):
        """The diagram: gate and experts side by side."""
        parts = []
        for kind, known in (("gate", GATES), ("expert", EXPERTS)):
            value = getattr(self, kind)
            # A class has all methods of its objects, but answers none.
            value = repr(value) if isinstance(value, type) else value
            named = isinstance(value, str) and value in known
            parts.append(make_part(value, kind) if named else value)
        names = ["gate", self._experts_label()]
        return VisualBlock(
            "parallel", parts, names=names, name_details=[str(part) for part in parts]
        )
