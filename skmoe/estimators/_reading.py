"""What a fitted mixture answers: tables of gate and experts, densities, criteria."""

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_is_fitted

from .._rows.arrays import array_namespace, host, like
from .._rows.carried import Given, check_one_weight
from .._rows.categories import coded
from .._rows.compat import check_same_namespace, get_namespace_and_device
from .._rows.tables import accepted, is_elsewhere, validated
from .._rows.validation import check_numbers
from ..distribution._cells import log_cell
from ..gates import HierarchicalGate
from ._batches import ReadingCheck, rows_of_reader
from ._carried import NOTHING, carrying
from ._reader import by_batch, check_brings_all, is_reader

__all__ = ["ReadingMixin", "Sums", "check_both"]


class Sums(NamedTuple):
    """Sums over rows: log-likelihood, entropy of the responsibilities, weight, and mean shares."""

    log_likelihood: float
    entropy: float
    weight: float
    share: Any

    def criteria(self, n_parameters):
        """AIC, BIC and ICL by name; lower is better."""
        bic = -2 * self.log_likelihood + math.log(self.weight) * n_parameters
        aic = -2 * self.log_likelihood + 2 * n_parameters
        return {"aic": aic, "bic": bic, "icl": bic + 2 * self.entropy}


def check_both(X, y):
    """Raise unless both X and y are given, or a reader that has both."""
    if not is_reader(X) and (X is None or y is None):
        given, missing = ("X", "y") if y is None else ("y", "X")
        raise ValueError(f"{given} was given without {missing}. Pass both, or none of them.")


class ReadingMixin:
    """The methods of a fitted estimator that need no more than its mixture."""

    def _rows(self, X, method, targets=None, carried=NOTHING):
        """Blocks of checked rows for a method of the fitted estimator."""
        check_is_fitted(self)
        X, carried = carried.parted(X, self._carried)
        check_same_namespace(X, self, attribute="_x_center", method=method)
        if self._categories and not is_elsewhere(X):
            _check_n_features(self, X, reset=False)
            _check_feature_names(self, X, reset=False)
            X = coded(X, self._categories)
        xp, _, _ = get_namespace_and_device(X)
        words = accepted(self._mixture, X)
        X = validated(self, X, reset=False, dtype=[xp.float64, xp.float32], **words)
        if targets is not None and targets.shape[0] != X.shape[0]:
            raise ValueError(f"X has {X.shape[0]} rows and y has {targets.shape[0]}.")
        family = self._mixture.expert.family
        if targets is not None:
            targets, carried = carried.of_targets(family, targets)
        rows = carried.rows(X, targets, None, self._record, family, self.n_jobs)
        return self._units.seen(rows)

    @carrying("groups")
    @by_batch
    def gate_proba(self, X, *, carried):
        """Probability of every expert given x.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_experts)

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.gate_proba([[0.5], [1.1], [3.0]]).round(2)
        array([[0.  , 1.  ],
               [0.09, 0.91],
               [1.  , 0.  ]])
        """
        return self._rows(X, "gate_proba", carried=carried).map(self._gate_proba)

    @available_if(lambda self: isinstance(self._make_gate(), HierarchicalGate))
    @carrying("groups")
    @by_batch
    def node_proba(self, X, *, carried):
        """Probability that a row passes the branches of a hierarchical gate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_branches)
            In the order of `gate_.branches`, which gives the path from the root to the end of
            every branch.

        Examples
        --------
        >>> from skmoe import HMERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = HMERegressor(depth=1, random_state=0).fit(X, y)
        >>> model.gate_.branches
        [(0,), (1,)]
        >>> model.node_proba([[0.5], [1.1], [3.0]]).round(2)
        array([[0.  , 1.  ],
               [0.09, 0.91],
               [1.  , 0.  ]])
        """
        return self._rows(X, "node_proba", carried=carried).map(
            lambda X, y, weight: self._mixture.node_proba(X)
        )

    def _gate_proba(self, X, y, weight):
        return array_namespace(X).exp(self._mixture.log_weight(X))

    @carrying("groups")
    @by_batch
    def assign(self, X, *, carried):
        """Index of the expert with the largest gate probability.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of int of shape (n_samples,)

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.assign([[0.5], [1.1], [3.0]])
        array([1, 1, 0])
        """
        rows = self._rows(X, "assign", carried=carried)
        return rows.map(
            lambda *block: array_namespace(block[0]).argmax(self._gate_proba(*block), axis=1)
        )

    @carrying("exposure", "offset", "groups", "trials")
    @by_batch
    def responsibilities(self, X, y, *, carried):
        """Probability of every expert given x and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        array of shape (n_samples, n_experts)

        Examples
        --------
        One place, and two targets that were seen there:

        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.responsibilities([[1.1], [1.1]], [1.8, 1.0]).round(2)
        array([[0.14, 0.86],
               [0.07, 0.93]])
        """
        rows = self._rows(X, "responsibilities", self._encode(y, X), carried)
        return rows.map(lambda X, y, weight: self._mixture.responsibilities(X, y))

    @carrying("exposure", "offset", "groups")
    @by_batch
    def predict_experts(self, X, *, carried):
        """Expected target (regression) or class probabilities under every expert.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_experts) or (n_samples, n_experts, n_outputs or n_classes)

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.predict_experts([[0.5], [2.0]]).round(1)
        array([[1.9, 0.8],
               [0.7, 2.2]])
        """
        return self._rows(X, "predict_experts", carried=carried).map(
            lambda X, y, weight: self._experts_in_units(self._mixture.predict_experts(X))
        )

    @carrying("exposure", "offset", "groups", "trials")
    @by_batch
    def score_samples(self, X, y=None, spacing=None, *, carried):
        """Log density of y given x, in the units of y as given; or log probability of its cell.

        Targets that are rounded have no density: an expert that puts a narrow spike on one value
        has as high a one as its scale is small. With `spacing`, the answer is the log probability
        of all that is rounded to y, between y - spacing / 2 and y + spacing / 2, which is at most
        0 and compares across models. Of several outputs it is that of all of them together.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            None stands for the prediction: how much density the model puts on its own answer.
        spacing : float or array-like of shape (n_outputs,), default=None
            Step that y was rounded to, in units of y, for all outputs or output by output. None
            asks for densities. Only for families of targets that have one.

        Returns
        -------
        array of shape (n_samples,)

        Raises
        ------
        ValueError
            If `spacing` is not made of numbers above 0, one or as many as there are outputs, or
            is given for counts or labels.

        Examples
        --------
        >>> import numpy as np
        >>> from skmoe import MoERegressor
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> y = np.round(2 * x[:, 0] + np.sin(50 * x[:, 0]))
        >>> model = MoERegressor(1).fit(x, y)
        >>> model.score_samples([[0.0]], [0.0], spacing=1.0).round(2)
        array([-0.72])
        """
        spacing = None if spacing is None else self._check_spacing(spacing)
        if y is None and "trials" in carried.given():
            raise ValueError("trials was given without y. Pass y, the shares of successes.")
        if y is None:
            y = self.predict(X, **carried.given())
        rows = self._rows(X, "score_samples", self._encode(y, X), carried)
        if spacing is not None:
            return rows.map(partial(self._log_cell, spacing))
        spread = self._units.log_spread()
        return rows.map(lambda X, y, weight: self._mixture.log_density(X, y) - spread)

    def _check_spacing(self, spacing):
        """Steps of the targets, (n_outputs,) on the host."""
        check_is_fitted(self)
        family = self._mixture.expert.family
        if family.discrete or family.labels:
            raise ValueError(
                f"spacing={spacing!r} was given for the family {type(family).__name__}, whose "
                "targets have probabilities and no density. Leave spacing out."
            )
        steps = np.atleast_1d(check_numbers(spacing, "spacing"))
        known = steps.shape in ((1,), (family.n_outputs,))
        if not (known and np.isfinite(steps).all() and (steps > 0).all()):
            raise ValueError(
                f"spacing={spacing!r} was given; a finite number above 0, or one for each of the "
                f"{family.n_outputs} outputs, is allowed. Pass the step that y was rounded to."
            )
        return np.broadcast_to(steps, (family.n_outputs,)).copy()

    def _log_cell(self, spacing, X, y, weight):
        """Log probability of a cell of all outputs, which are independent given the expert."""
        _, eta, scale = self._mixture.components(X)
        family, units = self._mixture.expert.family, self._units.y
        width = like(spacing if units is None else spacing / host(units.spread), eta)
        table = log_cell(family, y, width, eta, scale)
        return self._mixture.log_density_of(X, array_namespace(eta).sum(table, axis=2))

    def _criterion(self, name, X, y, sample_weight, joint, carried):
        """A criterion of the fitted mixture on the rows given, or on those of the fit."""
        check_is_fitted(self)
        if X is None and y is None:
            sums = self._sums_of_fit(name, joint)
        else:
            check_both(X, y)
            given = Given(X, y, sample_weight, carried)
            sums = self._sums(self._weighted_rows(given, "score_samples"), joint)
        n_parameters = self._mixture.n_parameters() if joint else self.n_parameters_
        return sums.criteria(n_parameters)[name]

    def _sums_of_fit(self, name, joint=False):
        """What the fit remembers of its rows: all but entropy and shares."""
        if not hasattr(self, "log_likelihood_"):
            raise ValueError(
                f"{name} without data needs a fit of all rows at once, and the last one was "
                "partial_fit. Pass X and y."
            )
        weight, likelihood = self._memory.weight, self.log_likelihood_
        n_groups = self._n_groups or weight
        if joint:
            # What the fit has climbed, but for the units of the columns.
            spread = self._log_spread(joint) - self._units.log_spread()
            likelihood = self.objective_ - self._mixture.log_prior() - weight * spread
        return Sums(likelihood, 0.0, n_groups, None)

    def _log_spread(self, joint):
        """Log density in scaled units less that in the units given, of y or of the columns too."""
        gate, spread = self._mixture.gate, self._units.log_spread()
        if not joint:
            return spread
        if not gate.generative:
            raise ValueError(
                f"joint=True was given for the gate {type(gate).__name__}, which gives no density "
                "of X; a Gaussian gate that is not refined does. Pass joint=False."
            )
        own = host(self._units.X.spread)
        own = own if gate.positions is None else own[[i % len(own) for i in gate.positions]]
        # A constant column has no unit.
        return spread + float(np.log(own[np.isfinite(own)]).sum())

    def _sums(self, blocks, joint=False):
        """What criteria and summaries are made of."""
        mixture, spread = self._mixture, self._log_spread(joint)

        def sums(X, y, weight):
            xp = array_namespace(X)
            density, resp = mixture.e_step(X, y)
            if not (joint or mixture.gate.exact):
                density = mixture.log_density(X, y)
            surprise = xp.where(resp > 0, -resp * xp.log(xp.where(resp > 0, resp, 1.0)), 0.0)
            surprise = xp.sum(surprise, axis=1)
            # Rows of a group are one observation of who answers.
            own = mixture.group_weight(X, weight)
            return weight @ density, xp.sum(weight), own @ surprise, xp.sum(own), own @ resp

        density, n_rows, surprise, total, resp = blocks.sum(sums)
        density, total = float(density) - float(n_rows) * spread, float(total)
        return Sums(density, float(surprise), total, host(resp) / total)

    @carrying("exposure", "offset", "groups", "trials")
    def aic(self, X=None, y=None, sample_weight=None, joint=False, *, carried):
        """Akaike's criterion, -2 log L + 2 p: lower is better.

        L is the likelihood of y given x, and p counts the parameters that it depends on: the
        criterion compares mixtures of any gates.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader, default=None
            None, with y, for the rows and weights of the fit. A reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        sample_weight : array-like of shape (n_samples,), default=None
        joint : bool, default=False
            Whether the columns of X are modelled too: L is the joint density of y and the gate's
            columns, in the units of both, and p counts all parameters. Only for a Gaussian gate.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If X or y is missing, or both after `partial_fit`, or the gate gives no density of X.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.aic() < MoERegressor(n_experts=1).fit(X, y).aic()
        True
        """
        return self._criterion("aic", X, y, sample_weight, joint, carried)

    @carrying("exposure", "offset", "groups", "trials")
    def bic(self, X=None, y=None, sample_weight=None, joint=False, *, carried):
        """Bayesian (Schwarz's) criterion, -2 log L + p log n: lower is better.

        L is the likelihood of y given x, and p counts the parameters that it depends on: the
        criterion compares mixtures of any gates. n is the sum of the weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader, default=None
            None, with y, for the rows and weights of the fit. A reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        sample_weight : array-like of shape (n_samples,), default=None
        joint : bool, default=False
            Whether the columns of X are modelled too: L is the joint density of y and the gate's
            columns, in the units of both, and p counts all parameters. Only for a Gaussian gate.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If X or y is missing, or both after `partial_fit`, or the gate gives no density of X.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.bic() < MoERegressor(n_experts=1).fit(X, y).bic()
        True
        """
        return self._criterion("bic", X, y, sample_weight, joint, carried)

    @carrying("exposure", "offset", "groups", "trials")
    def icl(self, X, y=None, sample_weight=None, joint=False, *, carried):
        """Integrated complete likelihood, BIC plus twice the entropy of the responsibilities.

        Lower is better; experts that share their rows cost more than under BIC (Biernacki,
        Celeux & Govaert 2000).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader
            A reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        joint : bool, default=False
            As of `bic`.

        Returns
        -------
        float

        Examples
        --------
        The experts share some rows, so the criterion is above BIC:

        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.icl(X, y) > model.bic(X, y)
        True
        """
        return self._criterion("icl", X, y, sample_weight, joint, carried)

    @staticmethod
    def _is_far(X):
        """Whether the rows of X are not at hand: of those there are sums only."""
        return is_reader(X)

    def _weighted_rows(self, given, method, as_fit=False):
        """Blocks of checked rows, or of those of a reader, with their weights.

        With `as_fit` a classifier's rows are weighted by class as in a fit.
        """
        check_is_fitted(self)
        X, y, sample_weight, carried = given
        if is_reader(X):
            check_brings_all(y, sample_weight)
            check = ReadingCheck(self, method, as_fit, carried)
            rows, _ = rows_of_reader(check, X, self.n_jobs)
            return self._units.seen(rows)
        blocks = self._rows(X, method, self._encode(y, X), carried)
        weight = blocks.in_order(self._check_weight(blocks.X, sample_weight))
        if blocks.grouped and weight is not None:
            check_one_weight(host(weight), blocks.begins)
        if as_fit:
            weight = self._row_weight(blocks.X, weight, blocks.y, vars(self))
        return blocks if weight is None else blocks.with_weight(weight)
