"""Breaks of the core, one at a time: the default suite must notice each.

    python tests/mutants.py          # all of them, minutes
    python tests/mutants.py 3 7      # some, by their numbers
    python tests/mutants.py --list

Each is made in a copy of the package in a temporary folder. The test files named with a break run
first, and once without any break; only where they let it pass does the whole suite run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Break(NamedTuple):
    """A line of the package and what it is turned into."""

    what: str
    file: str
    old: str
    new: str
    first: str = "contract"


BREAKS = [
    # -- what rows carry
    Break(
        "known terms of predictors stay in units of y",
        "estimators/_preparation.py",
        "before[:, :n_offsets] / self.y.spread, before",
        "before[:, :n_offsets], before",
        "carried",
    ),
    Break(
        "rows of a group have an expert each",
        "mixture.py",
        "return self.groups.sum(log_prob)",
        "return self.groups.mean(log_prob)",
        "carried",
    ),
    Break(
        "experts learn of one trial of a row",
        "mixture.py",
        "return resp if self.trials is None else resp * self.trials",
        "return resp",
        "carried",
    ),
    Break(
        "criteria count the rows of groups",
        "estimators/_reading.py",
        "own = mixture.group_weight(X, weight)",
        "own = weight",
        "carried",
    ),
    Break(
        "blocks cut groups",
        "_rows/record.py",
        "cuts = np.append(begins, n_rows)[np.searchsorted(begins, wanted)]",
        "cuts = wanted",
        "carried",
    ),
    Break(
        "answers about groups come in the order of these",
        "_rows/record.py",
        "where = np.argsort(order)",
        "where = np.arange(len(order))",
        "carried",
    ),
    Break(
        "starts look at counts and not at rates",
        "starts/_sampling.py",
        "return y if offset is None else mixture.expert.family.freed(y, offset)",
        "return y",
        "carried",
    ),
    # -- families
    Break(
        "a log-normal scale forgets that it moves the mean",
        "families/_lognormal.py",
        "return place * (place - scale) - 1",
        "return place * place - 1",
    ),
    Break(
        "a Weibull mean is its scale",
        "families/_weibull.py",
        'return self.mean(eta - _of_mean("gammaln", scale) + scale * log_hazard, None)',
        "return self.mean(eta + scale * log_hazard, None)",
    ),
    Break(
        "zeros of Tweedie experts are as rare as parts are many",
        "families/_tweedie.py",
        "zero = like(self.log_unit, eta) - _rate(log_mean, spread, alpha)",
        "zero = like(self.log_unit, eta) - 2 * _rate(log_mean, spread, alpha)",
    ),
    Break(
        "a beta variance knows no bound of shares",
        "families/_beta.py",
        "(square / (1 + square))",
        "square",
    ),
    Break(
        "rare shares scatter as much as others at least",
        "families/_beta.py",
        "return root * super().limited(scale / root)",
        "return super().limited(scale)",
        "families",
    ),
    Break(
        "a scale is not squared in its own slope",
        "families/_gaussian.py",
        "return deviation * deviation - 1",
        "return deviation - 1",
    ),
    Break(
        "the sign of a residual is turned",
        "families/_gaussian.py",
        "return y[:, None, :] - eta, None",
        "return eta - y[:, None, :], None",
    ),
    Break(
        "the update of a scale forgets the penalty",
        "families/_base.py",
        "square = square + moved + sums.penalty + sums.prior_rows * sums.prior_variance",
        "square = square + moved + sums.prior_rows * sums.prior_variance",
    ),
    Break(
        "coefficients come back without the centre of y",
        "families/_base.py",
        "intercept * spread + center",
        "intercept * spread",
        "estimators families statistics",
    ),
    Break(
        "steps of counts are not capped",
        "families/_base.py",
        "    largest_step = 1.0\n",
        "    largest_step = None\n",
        "families",
    ),
    Break(
        "rows count with the wrong degrees of freedom",
        "families/_student_t.py",
        "return (df + 1) / (df + deviation * deviation)",
        "return (df + 2) / (df + deviation * deviation)",
    ),
    Break(
        "the scale of Student's t is updated with the wrong degrees of freedom",
        "families/_student_t.py",
        "weight = sums.count - slope / df +",
        "weight = sums.count - slope * df +",
    ),
    Break(
        "the upper tail of Student's t is its lower one",
        "families/_student_t.py",
        "return xp.where(deviation > 0, 1 - tail, tail)",
        "return tail",
    ),
    Break(
        "Poisson's density forgets the factorial",
        "families/_poisson.py",
        "return -stirling_rest(y) - some",
        "return -some",
    ),
    Break(
        "Stirling's formula for large counts ends with its first term",
        "_numerics/gamma_functions.py",
        "0.5 * xp.log(2 * math.pi * many) + series",
        "0.5 * xp.log(2 * math.pi * many)",
        "families",
    ),
    Break(
        "a probability that is all but one is taken as it is",
        "_numerics/gamma_functions.py",
        "return xp.astype(xp.where(near, upper, lower), dtype)",
        "return xp.astype(xp.where(near, 1 + 0 * upper, lower), dtype)",
        "families",
    ),
    Break(
        "the variance of counts takes a scale for its square",
        "families/_negative_binomial.py",
        "xp.minimum(scale * mean, like(most, mean)) ** 2",
        "scale * mean**2",
    ),
    Break(
        "the density of Laplace does not integrate to one",
        "families/_laplace.py",
        "return -(distance + (xp.log(scale) + math.log(2)))",
        "return -(distance + xp.log(scale))",
    ),
    Break(
        "two classes change places in the score",
        "families/_categorical.py",
        "return _TWO.working(y, eta)",
        "return _TWO.working(1 - y, eta)",
    ),
    Break(
        "a class in an order has no width",
        "families/_ordinal.py",
        "sides = xp.minimum(high, xp.zeros_like(high)) - xp.maximum(low, xp.zeros_like(low))\n"
        "        return sides + width",
        "sides = xp.minimum(high, xp.zeros_like(high)) - xp.maximum(low, xp.zeros_like(low))\n"
        "        return sides",
    ),
    Break(
        "classes in an order are sorted",
        "estimators/_levels.py",
        "self.classes_ = take_rows(self._sorted.classes_, order)",
        "self.classes_ = self._sorted.classes_",
        "ordinal",
    ),
    Break(
        "codes follow the alphabet",
        "estimators/_levels.py",
        "self._rank = np.argsort(order)",
        "self._rank = np.arange(len(order))",
        "ordinal",
    ),
    Break(
        "labels of a fitted order are looked up as if it were sorted",
        "estimators/_classifier.py",
        "codes = order[np.searchsorted(known, labels, sorter=order)][:, None]",
        "codes = np.searchsorted(known, labels, sorter=order)[:, None]",
        "ordinal",
    ),
    Break(
        "batches forget the order of the labels",
        "estimators/_batches.py",
        'levels = state.pop("_levels", None)',
        'levels = state.pop("_levels", None) and None',
        "ordinal",
    ),
    Break(
        "distances between thresholds are not drawn to the one-expert fit",
        "experts/_linear.py",
        "return new._replaced(scale_center=one.scale, pooled_scales=1.0)",
        "return new._replaced(scale_center=one.scale, pooled_scales=0.0)",
        "ordinal",
    ),
    Break(
        "distances between thresholds are drawn as weakly as coefficients",
        "experts/_linear.py",
        "of_scales = _estimated(of_scales, determined, square)",
        "of_scales = penalties",
        "ordinal",
    ),
    Break(
        "distances between thresholds stay drawn to the one-expert fit",
        "experts/_linear.py",
        "return self._replaced(scale_center=xp.exp(share @ xp.log(self.scale))[None, :])",
        "return self",
        "ordinal",
    ),
    Break(
        "distances between thresholds have no volume",
        "experts/_linear.py",
        'return volume + self._of_scales("log_volume", statistics) if',
        'return 0 * self._of_scales("log_volume", statistics) + volume if',
        "ordinal",
    ),
    Break(
        "weights do not follow the thresholds",
        "experts/_linear.py",
        "change = alone + xp.log(factor)[:, None, :] @ along",
        "change = alone",
        "ordinal",
    ),
    Break(
        "errors of pooled thresholds take the one-expert fit for known",
        "experts/_linear.py",
        "return block_diagonal([pulled[: strength.size], own])",
        "return block_diagonal([pulled[: strength.size], 0 * own])",
        "ordinal",
    ),
    Break(
        "an ordinal explanation tells the probability of its class alone",
        "estimators/_reporting.py",
        "prediction = np.cumsum(prediction[:, :, ::-1], axis=2)[:, :, ::-1]",
        "prediction = prediction[:, :, :]",
        "ordinal",
    ),
    # -- targets that are rounded
    Break(
        "rounding does not hold a scale",
        "families/_base.py",
        "return array_namespace(scale).maximum(scale, like(self.floor, scale))",
        "return scale",
        "families trust",
    ),
    Break(
        "degrees of freedom make up for a scale that is held",
        "families/_student_t.py",
        "held = new < like(self.floor, new)",
        "held = new < 0",
        "families",
    ),
    Break(
        "the step of a grid is taken for a scale in units of y",
        "families/_base.py",
        "min(self.rounding * tied.spacing / spread, _COARSEST)",
        "min(self.rounding * tied.spacing, _COARSEST)",
        "families",
    ),
    Break(
        "a step is the gap between neighbours, and no part of it",
        "_rows/ties.py",
        "steps = np.unique(np.concatenate([gaps, np.diff(gaps)]))",
        "steps = gaps",
        "families",
    ),
    Break(
        "targets need not be tied to lie on a grid",
        "_rows/ties.py",
        "_TIED = 2.5",
        "_TIED = 0.0",
        "families",
    ),
    Break(
        "the rounding of a step adds up over many of them",
        "_rows/ties.py",
        "steps = _fitted(steps[steps * _ABOUT > slack][:, None], distance)",
        "steps = steps[steps * _ABOUT > slack][:, None]",
        "families",
    ),
    Break(
        "a common value is looked for among those kept alone",
        "_rows/ties.py",
        "    if len(values) > _MOST and tally.buckets[bucket] >= least:\n",
        "    if False:\n",
        "families",
    ),
    Break(
        "a cell has no probability beyond its upper tail",
        "distribution/_cells.py",
        "whole = family.log_top(scale) + _log_sum(above, below)",
        "whole = family.log_top(scale) + above",
        "distribution",
    ),
    Break(
        "a cell is integrated to its far end, however deep that lies",
        "distribution/_cells.py",
        "    return xp.where(deep, xp.exp(long), width)",
        "    return width",
        "distribution",
    ),
    Break(
        "cells of several outputs forget all but the first",
        "estimators/_reading.py",
        "log_density_of(X, array_namespace(eta).sum(table, axis=2))",
        "log_density_of(X, table[:, :, 0])",
        "distribution",
    ),
    Break(
        "a small atom is told whatever the scales are",
        "estimators/_data_diagnosis.py",
        "if share < _LARGE_ATOM and least > _SPIKE:",
        "if False:",
        "trust",
    ),
    # -- the mixture
    Break(
        "the gradient of a mixture forgets the weights of rows",
        "mixture.py",
        "slope = gradient(resp * weight[:, None])",
        "slope = gradient(resp)",
        "neural",
    ),
    Break(
        "the sums of a pass forget the weights of rows",
        "mixture.py",
        "resp = resp * of_group[:, None]\n        total",
        "total",
        "statistics",
    ),
    Break(
        "responsibilities forget the gate",
        "mixture.py",
        "return log_gate + own.together(density, y), own.groups",
        "return 0 * log_gate + own.together(density, y), own.groups",
        "estimators statistics",
    ),
    # -- rows
    Break(
        "a sum of exponentials is taken without its largest term",
        "_rows/arrays.py",
        "return top + xp.log(xp.sum(exp(a - top), axis=axis, keepdims=True))",
        "return xp.log(xp.sum(exp(a), axis=axis, keepdims=True))",
        "statistics",
    ),
    Break(
        "of equal entries one less is among the k largest",
        "_rows/arrays.py",
        "return above | (equal & (place <= free))",
        "return above | (equal & (place < free))",
        "routing",
    ),
    Break(
        "the spread of a column forgets the weights",
        "_rows/scaling.py",
        "xp.sum(w * deviation * deviation, axis=1)",
        "xp.sum(deviation * deviation, axis=1)",
        "statistics families",
    ),
    Break(
        "predictions come back without the centre of y",
        "_rows/scaling.py",
        "return y * self.spread + self.center",
        "return y * self.spread",
        "estimators statistics",
    ),
    Break(
        "the weight of a data set is its number of rows",
        "_rows/blocks.py",
        "return float(fold(array_namespace(part).sum(part) for part in parts))",
        "return float(self.weight.shape[0])",
        "online neural",
    ),
    Break(
        "sums over blocks leave a block out",
        "_rows/statistics.py",
        "for _, branch in reversed(others):",
        "for _, branch in reversed(others[1:]):",
        "contract",
    ),
    # -- rows that are not all in memory
    Break(
        "the rows that are left over stand at the beginning",
        "_rows/reading.py",
        "yield *rest, first",
        "yield *rest, 0",
        "holders",
    ),
    Break(
        "a reader stays open as long as the traceback of its error",
        "estimators/_batches.py",
        "    with closing(read(reader, least=2)) as batches:\n        known",
        "    batches = read(reader, least=2)\n    if True:\n        known",
        "out_of_core",
    ),
    Break(
        "the squares of weights are those of the first batch",
        "_rows/weights.py",
        "self.sum_of_squares + other.sum_of_squares",
        "self.sum_of_squares",
        "holders",
    ),
    Break(
        "a reader that fills its arrays again spoils the batch in use",
        "estimators/_reader.py",
        "return np.array(table) if isinstance(table, np.ndarray) else table",
        "return table",
        "out_of_core",
    ),
    Break(
        "targets may change from pass to pass",
        "estimators/_batches.py",
        "[host(X[:, :1]), host(targets)]",
        "[host(X[:, :1]), 0 * host(targets)]",
        "out_of_core",
    ),
    Break(
        "factors by class are taken for weights of rows",
        "estimators/_out_of_core.py",
        "known.totals is not None",
        "rows.is_weighted",
        "out_of_core",
    ),
    Break(
        "products within a pass take all cores",
        "_rows/blocks.py",
        'limit(limits=1, user_api="blas")',
        'limit(limits=None, user_api="blas")',
        "blocks",
    ),
    Break(
        "results of threads come as they are ready",
        "_rows/blocks.py",
        "else _taken_back(begun)",
        "else begun.rotate()",
        "blocks",
    ),
    Break(
        "targets beside sparse columns are cut as those",
        "_rows/blocks.py",
        "self.seen(prepare, block_length(prepare(X, y)[0]))",
        "self.seen(prepare)",
        "holders",
    ),
    Break(
        "sums depend on how a frame is laid out",
        "_rows/blocks.py",
        "row_major(like(y, X))",
        "like(y, X)",
        "holders",
    ),
    Break(
        "nobody notices that a reader is exhausted",
        "estimators/_batches.py",
        "if lost := len(list(marks)):",
        "if lost := 0 * len(list(marks)):",
        "out_of_core",
    ),
    # -- numerics
    Break(
        "intercepts are penalised",
        "_numerics/normal_equations.py",
        "device=device(x)) < size - 1",
        "device=device(x)) < size",
        "statistics families",
    ),
    Break(
        "a curvature is divided by, and not by its root",
        "_rows/whitening.py",
        "return vectors / np.sqrt(values)[..., None, :] / root[..., :, None]",
        "return vectors / values[..., None, :] / root[..., :, None]",
        "wide",
    ),
    Break(
        "a penalty is left out of the coordinates of a diagonal",
        "_numerics/normal_equations.py",
        "diagonal = self.bound * gram.own + ridge[:, None, :]",
        "diagonal = self.bound * gram.own + 0 * ridge[:, None, :]",
        "wide",
    ),
    Break(
        "Newton steps are taken where they are dear",
        "mixture.py",
        "return curvature > _DEAR * rest",
        "return curvature < _DEAR * rest",
        "wide",
    ),
    Break(
        "experts and classes change places in a gradient",
        "_numerics/normal_equations.py",
        "return xp.permute_dims(table, (*range(1, table.ndim), 0))",
        "return xp.permute_dims(table, tuple(range(table.ndim - 1, -1, -1)))",
    ),
    Break(
        "an evidence estimate multiplies by the sum of squares",
        "_numerics/penalty.py",
        "+ 2 * _SHAPE) / (square + 2 * _RATE)",
        "+ 2 * _SHAPE) * (square + 2 * _RATE)",
        "trust",
    ),
    Break(
        "an estimated penalty has no prior",
        "_numerics/penalty.py",
        "(max(determined, 0.0) + 2 * _SHAPE) / (square + 2 * _RATE)",
        "(max(determined, 0.0) + 1e-9) / (square + 1e-9)",
        "trust",
    ),
    Break(
        "hills are compared without the volume of their parameters",
        "solvers/_base.py",
        "return objective + float(mixture.log_volume(statistics))",
        "return objective",
        "trust",
    ),
    Break(
        "determinants of diagonal covariances sum over the experts",
        "_numerics/covariances.py",
        "xp.sum(xp.log(xp.abs(factor)), axis=1)",
        "xp.sum(xp.log(xp.abs(factor)), axis=0)",
        "gates",
    ),
    Break(
        "the slope of tanh is not squared",
        "_numerics/networks.py",
        "slope * (1 - value * value)",
        "slope * (1 - value)",
    ),
    Break(
        "the share mixed into probabilities is not taken from them",
        "_numerics/estimators.py",
        "+= (1 - floor) * given",
        "+= given",
        "contract routing",
    ),
    # -- gates
    Break(
        "the score of a softmax forgets the weight of a row",
        "gates/_softmax.py",
        "return weight, resp - weight[:, :, None] * prob",
        "return weight, resp - prob",
    ),
    Break(
        "rows are routed to the least probable experts",
        "gates/_top_k.py",
        ".where(largest(table, self.n_open), table,",
        ".where(largest(-table, self.n_open), table,",
        "routing contract",
    ),
    # -- solvers
    Break(
        "an extrapolation is accepted without a check",
        "solvers/_em.py",
        "if new.objective >= point.objective:\n            return new\n        anderson.restart()",
        "if True:\n            return new\n        anderson.restart()",
        "statistics",
    ),
    Break(
        "online EM blends a batch in with the share of the rows before",
        "solvers/_em.py",
        "add(scale(before, 1 - rate), scale(batch, rate))",
        "add(scale(before, rate), scale(batch, 1 - rate))",
        "online",
    ),
    Break(
        "Adam walks downhill",
        "solvers/_adam.py",
        "params = params + move",
        "params = params - move",
        "neural",
    ),
    Break(
        "held-out rows are drawn by where they stand",
        "solvers/_adam.py",
        'rows = rows[key[rows].argsort(kind="stable")]',
        'rows = rows[rows.argsort(kind="stable")]',
        "neural",
    ),
    Break(
        "scales learn to depend on x from the start",
        "experts/_mlp.py",
        "moved = 0.0 * by_scale if self.is_held else by_scale",
        "moved = by_scale",
        "neural",
    ),
    Break(
        "networks take columns as they are, however far outside",
        "_numerics/networks.py",
        "xp.sign(few) * (far + xp.log1p(xp.abs(few) - far))",
        "few",
        "neural",
    ),
    # -- climbs that are averaged
    Break(
        "shares of climbs forget the weights of the rows",
        "estimators/_stacking.py",
        "rows = weight @ (joint",
        "rows = np.ones(len(joint)) @ (joint",
        "neural",
    ),
    Break(
        "climbs are judged by other rows each",
        "estimators/_climbing.py",
        "set_random_states(settings.solver, settings.random_state)",
        "settings.random_state.randint(2**31 - 1)",
        "neural",
    ),
    Break(
        "the average has equal shares, whatever the climbs say",
        "estimators/_climbing.py",
        "AveragedGate([one.gate for one in mixtures], shares)",
        "AveragedGate([one.gate for one in mixtures])",
        "neural",
    ),
    Break(
        "all climbs have the penalty of the first",
        "estimators/_base.py",
        "ready.mixture.on_rung(rung)",
        "ready.mixture.on_rung(0)",
        "neural",
    ),
    Break(
        "climbs side by side go on where a callback has stopped one",
        "estimators/_progress.py",
        "return self.stopped",
        "return False",
        "neural",
    ),
    # -- starts
    Break(
        "a start depends on the order of the rows",
        "_rows/distinct.py",
        "np.argpartition(self._keys(), most)[: most + 1]",
        "np.argsort(self.rows)[: most + 1]",
        "blocks",
    ),
    Break(
        "a row that is given twice is two rows",
        "_rows/distinct.py",
        "first = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))",
        "first = np.arange(len(hashes))",
        "blocks",
    ),
    Break(
        "rows of a sample stand for themselves alone",
        "_rows/distinct.py",
        "np.delete(self.weight / known, last)",
        "np.delete(self.weight, last)",
        "blocks",
    ),
    Break(
        "the worst of several starts goes on",
        "starts/_race.py",
        "for hill in hills[:keep]",
        "for hill in hills[-keep:]",
        "starts",
    ),
    Break(
        "a gate that looks at nothing starts from X alone",
        "starts/_race.py",
        "    return OF_TARGETS if len(kinds) > 1 and is_blind(mixture.gate) else kinds",
        "    return kinds",
        "starts",
    ),
    Break(
        "starts of weak penalties are dropped before these are estimated",
        "starts/_race.py",
        "for index in range(n_starts)] if is_blind(mixture.gate) else ()",
        "for index in range(n_starts)] if False else ()",
        "starts",
    ),
    Break(
        "two starts on one hill both go on",
        "starts/_race.py",
        "if near and run.degenerate == last.degenerate:",
        "if False:",
        "starts",
    ),
    Break(
        "a mixture keeps a strength to itself",
        "_numerics/part.py",
        "return self._with_inside(part.with_strength(factor) for part in self.inside)",
        "return self",
        "penalties",
    ),
    Break(
        "a gate that is sure of every row takes steps without a bound",
        "_numerics/normal_equations.py",
        "xp.tile(ridge + self._rounding(gram), (1, predictors - 1))",
        "xp.tile(ridge, (1, predictors - 1))",
        "trust",
    ),
    Break(
        "a move that gains nothing is taken",
        "starts/_moves.py",
        "if found.evidence > evidence + _GAIN * weight:",
        "if True:",
        "trust",
    ),
    Break(
        "the step of an expert for classes has no bound",
        "families/_categorical.py",
        "    largest_step = 4.0\n",
        "    largest_step = None\n",
        "families",
    ),
    Break(
        "intercepts of classes grow without end",
        "experts/_linear.py",
        "if family.labels and n_experts > 1:",
        "if False:",
        "trust",
    ),
    Break(
        "several experts stay where one has more evidence",
        "estimators/_preparation.py",
        "if explored.evidence <= alike:",
        "if False:",
        "trust",
    ),
    Break(
        "rows without a label teach the first expert",
        "starts/_given.py",
        "return np.eye(n_experts)[labels] * (labels >= 0)[:, None]",
        "return np.eye(n_experts)[labels]",
        "trust",
    ),
    Break(
        "a given start is not told of the weights",
        "starts/_given.py",
        "resp = like(weight * table,",
        "resp = like(table,",
        "trust",
    ),
    Break(
        "experts count as alike by what they say in their own rows",
        "estimators/_diagnosis.py",
        "square = share @ self.products.diagonal() - share @ self.products @ share",
        "square = 0.0",
        "trust",
    ),
    # -- reading a mixture
    Break(
        "densities are those of scaled targets",
        "distribution/_distribution.py",
        "log_spread = xp.log(spread) if self.family.units is not None else 0.0",
        "log_spread = 0.0",
        "distribution",
    ),
    Break(
        "a search for a quantile looks between what it has seen only",
        "_numerics/search.py",
        "return xp.where(best.gap < 0, step, -step)",
        "return 0 * step",
        "distribution",
    ),
    Break(
        "a search for a quantile believes its first guess",
        "_numerics/search.py",
        "miss <= _UNSEEN * tolerance",
        "miss <= 1.0",
        "distribution",
    ),
    Break(
        "sums of probabilities decide where rounding does",
        "distribution/_marginal.py",
        "left = xp.any((found < highest) | beyond",
        "left = xp.any(beyond",
        "distribution",
    ),
    Break(
        "the score of a distribution subtracts the whole of its own spread",
        "distribution/_marginal.py",
        "return first - 0.5 * second[:, None]",
        "return first - second[:, None]",
        "distribution",
    ),
    Break(
        "the entropy lowers the integrated criterion",
        "estimators/_reading.py",
        "bic + 2 * self.entropy",
        "bic - 2 * self.entropy",
        "statistics",
    ),
    Break(
        "a column that varies by rounding alone is taken for a constant",
        "_rows/scaling.py",
        "varies = high > low",
        "varies = high - low > 1e-12 * xp.abs(high)",
        "units",
    ),
    Break(
        "shares stand for all rows, however uneven they are",
        "_rows/weights.py",
        "unit = total / totals.square",
        "unit = weight.shape[0] / total",
        "units",
    ),
    Break(
        "targets are brought to a type that cannot hold them",
        "_rows/tables.py",
        "if largest and not least <= largest <= most:",
        "if largest and not largest <= most:",
        "units",
    ),
    Break(
        "a warm start goes on whatever the parts are now",
        "estimators/_settings.py",
        "return joblib.hash(_description(parts)) == joblib.hash(_description(self.parts()))",
        "return True",
        "estimators",
    ),
    Break(
        "a fit may end with numbers that are none",
        "estimators/_checks.py",
        "if not (math.isfinite(objective) and bool(xp.all(xp.isfinite(mixture.params)))):",
        "if False:",
        "trust",
    ),
    Break(
        "a search for a whole number looks on where the type has none left",
        "_numerics/search.py",
        "least = xp.maximum(xp.ones_like(x), xp.finfo(x.dtype).eps * low)",
        "least = xp.ones_like(x)",
        "distribution",
    ),
    Break(
        "a row that is given again is one more to hold parameters",
        "_rows/distinct.py",
        "self.hashes, self.most = np.unique(hashes), most",
        "self.hashes, self.most = hashes, most",
        "trust",
    ),
    Break(
        "weights of classes put those of rows aside",
        "estimators/_classifier.py",
        "else by_class * weight",
        "else by_class",
        "estimators",
    ),
    # -- a cluster
    Break(
        "rows of a partition have the positions of those of the first",
        "dask/_blocks.py",
        "sums.append(f(X, y, weight, row + start))",
        "sums.append(f(X, y, weight, start))",
        "dask",
    ),
    Break(
        "sums of a partition are put together as if they were the first",
        "dask/_blocks.py",
        "sums = Branches(block)",
        "sums = Branches(0)",
        "dask",
    ),
    Break(
        "of weighted partitions the rows are counted",
        "dask/_rows.py",
        "ClusterBlocks(workers, parts, sizes, known.is_weighted(check), known.length)",
        "ClusterBlocks(workers, parts, sizes, False, known.length)",
        "dask",
    ),
    Break(
        "partitions behind one without rows take its place",
        "dask/_rows.py",
        "sizes = [0 if own is None else own.n_rows for own in surveys]",
        "sizes = sorted((0 if own is None else own.n_rows for own in surveys), reverse=True)",
        "dask",
    ),
    Break(
        "what a score has looked at stays on the workers while its error is at hand",
        "dask/_estimators.py",
        "        with Workers(self.client) as looking._workers:\n"
        "            return method(looking, X, *args, **words)\n",
        "        looking._workers = Workers(self.client)\n"
        "        return method(looking, X, *args, **words)\n",
        "dask",
    ),
    # -- far out
    Break(
        "what is far from an expert is cut whatever it weighs",
        "families/_base.py",
        "cut_square(x, largest_total(x.dtype, array_namespace(x)))",
        "cut_square(x)",
        "families",
    ),
    Break(
        "numbers of parts are summed where rounding tells them apart no more",
        "_numerics/tweedie.py",
        "coarse = many & (step",
        "coarse = many & ~many & (step",
        "distribution",
    ),
    Break(
        "a search trusts any slope",
        "_numerics/search.py",
        "xp.where(best.slope > 0, 1.5 * xp.abs(best.gap) / best.slope, self.reach)",
        "1.5 * xp.abs(best.gap) / best.slope",
        "distribution",
    ),
    Break(
        "gates are free in starts from cells that no column tells of",
        "starts/_race.py",
        'if kind == "residuals":',
        "if not kind:",
        "starts",
    ),
    # -- inputs
    Break(
        "a segment is not zero where its feature is",
        "_rows/inputs.py",
        "self.high) - self.origin)",
        "self.high))",
        "inputs",
    ),
    Break(
        "borders between segments forget the weights",
        "_rows/inputs.py",
        "np.cumsum(np.bincount(place, self.weight)) / self.weight.sum()",
        "np.cumsum(np.bincount(place)) / len(place)",
        "inputs",
    ),
    Break(
        "climbs on different segments stand in the places of others",
        "experts/_mixed.py",
        "[*places, *range(first, first + number)]",
        "[*range(len(places) + number)]",
        "inputs",
    ),
    Break(
        "a level that is not known counts as none",
        "_rows/inputs.py",
        "xp.where(codes < 0, self.mean, same)",
        "same",
        "categories",
    ),
    Break(
        "a missing level is not known",
        "_rows/categories.py",
        "float(len(self.values) if self.has_missing else _UNKNOWN)",
        "float(_UNKNOWN)",
        "categories",
    ),
    Break(
        "a part finds the segments of others",
        "_rows/inputs.py",
        "if segments in own and (features",
        "if (features",
        "inputs",
    ),
]

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def run(folder, files, limit=900):
    """The first test that fails with the package in `folder`, or None."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n2", "-p", "no:cacheprovider", *files]
    # Numbers that are not finite may keep a search going for ever: that is noticed, too.
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {limit} s"
    if done.returncode == 0:
        return None
    found = FAILED.search(done.stdout)
    return found.group(1) if found else done.stdout[-2000:]


def broken(own):
    """The text of a file after a break, which must be possible in one place only."""
    text = (ROOT / "skmoe" / own.file).read_text()
    assert text.count(own.old) == 1, f"{own.file} has {text.count(own.old)} times {own.old!r}"
    return text.replace(own.old, own.new)


@contextmanager
def copied(file=None, text=None):
    """A temporary copy of the package and its tests, with other text in one file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("__pycache__")
        for part in ("skmoe", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        if file is not None:
            (folder / "skmoe" / file).write_text(text)
        yield folder


def paths(own):
    """The test files that are likely to notice a break."""
    return [f"tests/test_{name}.py" for name in own.first.split()]


def caught_by(own):
    """The test that notices a break, or None."""
    with copied(own.file, broken(own)) as folder:
        return run(folder, paths(own)) or run(folder, [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", type=int)
    parser.add_argument("--list", action="store_true", help="only see that each can be made")
    options = parser.parse_args()
    chosen = options.numbers or range(len(BREAKS))
    if unknown := [number for number in chosen if not 0 <= number < len(BREAKS)]:
        parser.error(f"{unknown} were given; there are breaks 0 to {len(BREAKS) - 1}.")
    if options.list:
        for number in chosen:
            broken(BREAKS[number])
            print(f"{number:2} {BREAKS[number].file}: {BREAKS[number].what}")
        return
    # What fails anyway notices nothing.
    with copied() as folder:
        if test := run(folder, sorted({path for i in chosen for path in paths(BREAKS[i])})):
            sys.exit(f"Without any break {test} fails.")
    missed = 0
    for number in chosen:
        own, begin = BREAKS[number], time.perf_counter()
        test = caught_by(own)
        missed += test is None
        seconds = time.perf_counter() - begin
        answer = f"caught by {test}" if test else "NOT CAUGHT"
        print(f"{number:2} {own.file}: {own.what}: {answer} ({seconds:.0f} s)", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
