"""What a fitted mixture tells a reader: coefficients, their certainty, terms of predictions."""

import warnings

import numpy as np
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils.validation import check_is_fitted

from .._rows.arrays import host, is_sparse
from .._rows.carried import Given
from .._rows.validation import check_share
from ..inference._explaining import explanation
from ..inference._standard_errors import infer, reading_order, reported
from ..inference._summary import Summary
from ._carried import carrying
from ._diagnosis import separation
from ._fitted import feature_names, parameter_attributes
from ._reader import by_batch
from ._reading import check_both

__all__ = ["ReportingMixin"]


class ReportingMixin:
    """The methods of a fitted estimator that say what its parts have learnt."""

    @carrying("exposure", "offset", "groups")
    @by_batch
    def explain(self, X, *, carried):
        """Predictions taken apart: who answers with what weight, and every expert's linear terms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        pandas.DataFrame
            Indexed by row, expert and, if there are several outputs or classes, target. `weight` is
            the gate's probability of the expert, `prediction` the expert's expected target or
            class probability. `intercept`, `offset` (only of a fit with one, or with exposure) and
            one column for every feature (all its segments together) are the terms of its linear
            predictor, which add up to the prediction itself, its logarithm (counts, "gamma") or its
            log odds (labels, "bernoulli"; of more than two classes, logits). Of classes in an order
            ("ordinal") the prediction is the probability of the target or a higher class, of all
            classes but the lowest.

        Raises
        ------
        ValueError
            If the experts are not linear.
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.explain([[3.0]]).round(2)
                    weight  prediction  intercept    x0
        row expert
        0   0          1.0       -0.02       2.26 -2.28
            1          0.0        3.10       0.34  2.76
        """
        check_pandas_support(f"{type(self).__name__}.explain")
        check_is_fitted(self)
        if not hasattr(self, "expert_coef_"):
            raise ValueError(
                f"Terms of {type(self.expert_).__name__} were asked for; linear experts have them. "
                "Use predict_experts and gate_proba, or expert='linear'."
            )
        units, own = self._units, carried._replace(groups=None, unused=("groups",))
        table = host(units.columns(self._rows(X, "explain", carried=own).X))
        rows = self._rows(X, "explain", carried=carried)
        weight = host(rows.map(self._gate_proba))
        known = None
        if self._record.offsets:
            known = host(rows.map(lambda X, y, weight: self._mixture.offset(X)))
        prediction = rows.map(
            lambda X, y, weight: self._experts_in_units(self._mixture.predict_experts(X))
        )
        prediction = np.reshape(host(prediction), (*weight.shape, -1))
        coef, targets = host(self.expert_coef_), list(self._target_names())
        if hasattr(self, "expert_thresholds_"):
            intercept, targets = -host(self.expert_thresholds_), targets[1:]
            coef = np.repeat(coef[:, None, :], len(targets), axis=1)
            prediction = np.cumsum(prediction[:, :, ::-1], axis=2)[:, :, ::-1]
        else:
            intercept = host(self.expert_intercept_)
        several = coef.ndim == 3 and len(targets) > 1
        return explanation(
            table.toarray() if is_sparse(table) else table,
            getattr(X, "index", range(len(weight))) if hasattr(X, "iloc") else range(len(weight)),
            weight,
            prediction,
            coef if coef.ndim == 3 else coef[:, None, :],
            intercept if intercept.ndim == 2 else intercept[:, None],
            self._feature_names(),
            targets if several else None,
            None if units.inputs is None else units.inputs.by_feature,
            None if known is None else units.offset_given(known),
        )

    @carrying("exposure", "offset", "groups", "trials")
    def inference(self, X, y=None, sample_weight=None, robust=False, *, carried):
        """Standard errors of the coefficients of experts and gate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader
            The rows that the mixture was fitted to; a reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            As in the fit.
        robust : bool, default=False
            Whether to use the sandwich estimator, which holds where the family is wrong.

        Returns
        -------
        Inference
            See :class:`skmoe.inference.Inference`.

        Raises
        ------
        ValueError
            If experts or gate have no coefficients (estimators, networks), or too many.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> result = model.inference(X, y)
        >>> result.std_errors["expert_coef_"].round(2)
        array([[0.04],
               [0.05]])
        """
        check_both(X, y)
        blocks = self._rows_of_fit(Given(X, y, sample_weight, carried))
        result = self._inferred(blocks, robust)
        for kind, text in separation(self._mixture, blocks):
            warnings.warn(f"{text} Standard errors mean nothing there.", kind, stacklevel=2)
        if result.undetermined:
            warnings.warn(result.problem(), UserWarning, stacklevel=2)
        return result

    def _rows_of_fit(self, given):
        """Blocks of rows with the weights that a fit gives them."""
        return self._weighted_rows(given, "inference", as_fit=True)

    def _inferred(self, blocks, robust):
        return infer(self._mixture, blocks, self._attributes_of, self._label, robust)

    @carrying("exposure", "offset", "groups", "trials")
    def summary(
        self, X=None, y=None, *, sample_weight=None, robust=False, confidence=0.95, carried
    ):
        """The fitted mixture as a table; `print` it, or let a notebook show it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader, default=None
            The rows that the mixture was fitted to: they tell standard errors, shares and entropy.
            A reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        sample_weight : array-like of shape (n_samples,), default=None
            As in the fit.
        robust : bool, default=False
            Whether standard errors are those of the sandwich estimator (see `inference`).
        confidence : float, default=0.95
            Of the intervals.

        Returns
        -------
        Summary
            See :class:`skmoe.summary.Summary`.

        Raises
        ------
        ValueError
            If X is given without y, or y without X.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> print(model.summary(X, y))
        MoERegressor: 2 x LinearExpert (Gaussian), SoftmaxGate
        <BLANKLINE>
        rows 200   parameters 8   passes ...
        <BLANKLINE>
        expert 0   share 67...%
        ...
        """
        check_is_fitted(self)
        check_share(confidence, "confidence")
        if X is not None or y is not None:
            check_both(X, y)
        values = {name: host(table) for name, table in self._attributes_of(self._mixture).items()}
        terms, notes, sums = reported(values, None, self._label), [], None
        terms = [terms[i] for i in reading_order(terms)]
        if X is None:
            notes.append("Pass X and y of the fit for standard errors, shares and entropy.")
        else:
            given = Given(X, y, sample_weight, carried)
            rows = self._weighted_rows(given, "summary")
            sums = self._sums(rows)
        if terms and X is not None:
            if getattr(self, "class_weight", None) is not None:
                rows = self._rows_of_fit(given)
            try:
                result = self._inferred(rows, robust)
                terms, notes = result.terms, result.notes()
            except ValueError as error:
                # The data have been looked at before: there are no standard errors of these parts.
                notes.append(str(error))
        notes += [] if sums is None else self._of_groups(rows)
        notes += getattr(self, "problems_", [])
        if not values:
            notes.append("These experts have no coefficients: look at predict_experts.")
        return Summary(
            self._headline(), self._facts(sums), sums and sums.share, terms, confidence, notes
        )

    def _of_groups(self, rows):
        """What to say of rows in groups: which columns the gate sees the means of."""
        if not self._record.grouped:
            return
        varies = host(rows.sum(lambda X, y, weight: self._mixture.varies_in_groups(X))) > 0
        own = self.gate_.positions
        varies = varies[:-1] if own is None else varies[list(own)]
        if n_varying := int(varies.sum()):
            yield (
                f"{n_varying} of the gate's {len(varies)} columns vary within groups: it looks at "
                "their means in a group, the experts at their values in a row."
            )

    def _headline(self):
        parts = (self.expert_, self._mixture.expert.family, self.gate_)
        expert, family, gate = (type(part).__name__ for part in parts)
        return f"{type(self).__name__}: {self.n_experts_} x {expert} ({family}), {gate}"

    def _effort(self):
        """How long the climb was; of a stream, how many batches have been seen."""
        if not hasattr(self, "converged_"):
            return {"batches": self.n_iter_}
        return {"passes": f"{self.n_iter_}{'' if self.converged_ else ', not converged'}"}

    def _facts(self, sums):
        """The header of a summary."""
        n_rows = (self._n_groups or self._memory.weight) if sums is None else sums.weight
        unit = "group" if self._record.grouped else "row"
        facts = {
            f"{unit}s": int(n_rows) if n_rows == int(n_rows) else n_rows,
            "parameters": self.n_parameters_,
            **self._effort(),
        }
        known = sums
        if known is None and hasattr(self, "log_likelihood_"):
            known = self._sums_of_fit("summary")
        if known is None:
            return facts
        criteria = known.criteria(self.n_parameters_)
        facts["log-likelihood"] = known.log_likelihood
        facts["AIC"], facts["BIC"] = criteria["aic"], criteria["bic"]
        if sums is not None:
            facts["ICL"] = criteria["icl"]
            facts[f"entropy per {unit}"] = f"{sums.entropy / n_rows:.3f}"
        return facts

    def _attributes_of(self, mixture):
        """The fitted attributes that a mixture's parameters are reported as."""
        return parameter_attributes(mixture, self._units)

    def _label(self, name, index):
        """Part, expert, target and name of an entry of a fitted attribute."""
        kind = name.split("_")[1]
        index = list(index)
        own = self.coef_names_[index.pop()] if kind == "coef" else kind
        if kind == "thresholds":
            names, place = self._target_names(), index.pop()
            own = f"{names[place]} | {names[place + 1]}"
        if name.startswith("node"):
            return "gate", self.gate_.branches[index[0]], None, own
        part = "gate" if name.startswith("gate") else "experts"
        target = self._target_names()[index[1]] if len(index) > 1 else None
        return part, index[0], target, own

    def _feature_names(self):
        """Names of the columns, x0, x1 and so on where there are none."""
        return feature_names(vars(self))
