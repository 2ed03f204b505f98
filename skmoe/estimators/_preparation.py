"""From raw rows to where a climb begins: units, blocks and a mixture."""

from functools import partial
from typing import Any, NamedTuple

from .._numerics.estimators import BLOCK_ROWS, set_random_states
from .._numerics.products import products_of
from .._rows.arrays import array_namespace, block_length, host, like
from .._rows.blocks import Blocks
from .._rows.inputs import learn_inputs
from .._rows.record import Record
from .._rows.scaling import learn_scaling
from .._rows.validation import resolve_columns
from ..gates._hierarchical import most_leaves
from ..mixture import Mixture
from ..starts._given import started_at
from ..starts._growing import grow
from ..starts._race import find_start, fit_pooled
from ..starts._sampling import distinct_rows, sample_size
from ..starts._widening import widened

__all__ = [
    "PINNED",
    "Features",
    "Ready",
    "Units",
    "fresh_start",
    "settled",
]

# Penalties are known to a tenth at best, so the climbs between two estimates may be rough.
_PENALTY_TOL = 1e-3

# Times as strong a penalty is where one expert is as good as several: no climb moves them.
PINNED = 1e8

_PENALTY_PASSES, _PENALTY_ROUNDS = 40, 30

# Rows that a tree is grown on at most: every split is tried on them several times.
_LARGEST_SAMPLE = 20_000


class Units(NamedTuple):
    """How raw rows become the scaled rows that a mixture sees.

    Attributes
    ----------
    X : Scaling
    y : Scaling or None
        None for targets that are not scaled.
    inputs : Inputs or None
        How features become the columns that are scaled; None where they are these.
    record : Record
        Of what stands behind the targets: offsets, groups.
    numbers : int
        Made of every row in a pass, about: they tell how long blocks are.
    with_raw : bool
        Whether the columns as given stand in the design too, for parts that look at those.
    scales_offset : bool
        Whether predictors, and so their known terms, are in units of the targets.
    """

    X: Any
    y: Any
    inputs: Any = None
    record: Record = Record()
    numbers: int = 1
    with_raw: bool = False
    scales_offset: bool = False

    def prepare(self, X, y):
        """Design and scaled targets of a block of raw rows."""
        before = None
        if self.record.width:
            y, before = self.record.behind(y)
            before = self._in_scaled_units(before)
        if y is not None and self.y is not None:
            y = self.y.scaled(y)
        return self.X.design(self.columns(X), self.with_raw, before), y

    def _in_scaled_units(self, before):
        """Columns of the record, offsets in units of the scaled predictors."""
        if not self.scales_offset:
            return before
        xp, n_offsets = array_namespace(before), self.record.offsets
        return xp.concat([before[:, :n_offsets] / self.y.spread, before[:, n_offsets:]], axis=1)

    def offset_given(self, offset):
        """Known terms of scaled predictors in the units given, on the host."""
        return offset * host(self.y.spread) if self.scales_offset else offset

    def columns(self, X):
        """The columns of rows as they are given, before they are scaled."""
        return X if self.inputs is None else self.inputs.table(X)

    def column_names(self, of_features):
        """Names of the columns, given those of the features."""
        return list(of_features) if self.inputs is None else self.inputs.names(of_features)

    def seen(self, rows):
        """Rows as a mixture sees them."""
        # The estimators of parts that look at raw columns take many rows at once.
        length = BLOCK_ROWS if self.with_raw else block_length(rows.first_given()[0], self.numbers)
        return rows.seen(self.prepare, length)

    def restored(self, y):
        """Targets in the units given."""
        return y if self.y is None else self.y.restored(y)

    def log_spread(self):
        """Log density in scaled units less log density in the units given."""
        if self.y is None:
            return 0.0
        xp = array_namespace(self.y.spread)
        return float(xp.sum(xp.log(self.y.spread)))


class Ready(NamedTuple):
    """Where a climb begins.

    Attributes
    ----------
    units : Units
    mixture : Mixture
    blocks : Blocks
    histories : list of list of float
        The evidence after every round of the short climbs that the start was chosen by.
    advantage : float or None
        Log evidence of one expert over the best of several, where it is as good as those.
    """

    units: Any
    mixture: Any
    blocks: Any
    histories: list
    advantage: Any = None


class Features(NamedTuple):
    """The features of a table, and how the parts of a mixture look at them.

    Attributes
    ----------
    names : sequence of str or None
        None where X has no names of columns.
    number : int
    levels : dict of int to list
        Levels of those that are categories, by position.
    """

    names: Any
    number: int
    levels: Any

    def asked(self, settings):
        """The features that every part looks at (None stands for all), and in how many segments.

        Raises
        ------
        ValueError
            If there are no such features, or the segments are no number of them.
        """
        asked = []

        def note(part, chosen):
            # Climbs that are averaged stand on the same columns.
            rungs = range(settings.n_rungs)
            asked.extend((chosen, part.segments_on(rung, self.number)) for rung in rungs)

        self._each(settings, note)
        return asked

    def positions(self, settings, inputs):
        """Where gate and experts find their columns in the design; None for all but the last."""
        with_raw = settings.gate.raw or settings.expert.raw
        width = self.number if inputs is None else len(inputs.features)

        def locate(part, chosen):
            if inputs is not None:
                chosen = inputs.positions(chosen, part.segments_on(settings.rung, self.number))
            if not with_raw:
                return chosen
            # The columns as given stand before the scaled ones.
            first = 0 if part.raw else width
            return [first + i for i in (range(width) if chosen is None else chosen)]

        return self._each(settings, locate)

    def _each(self, settings, look):
        """What `look` tells of gate and experts, given the features that each looks at."""

        def locate(part):
            chosen = getattr(part, "columns", None)
            return look(part, resolve_columns(chosen, self.names, self.number, type(part).__name__))

        return [part.located(locate) for part in (settings.gate, settings.expert)]


def too_many_experts(settings, available, what):
    """Message for fewer rows than experts."""
    one = what.removesuffix("s")
    what = one if available == 1 else what
    one = one if "distinct" in one else f"distinct {one}"
    return (
        f"{settings.n_experts_text} was given for {available} {what}; at most one expert per "
        f"{one} is allowed. Ask for at most {available} experts, or pass more data."
    )


def fresh_start(rows, settings, features):
    """Units, the best start and the blocks to climb on, for a first fit of checked rows."""
    random_state = settings.random_state
    for part in (settings.gate, settings.expert):
        set_random_states(part, random_state)
    inputs = learn_inputs(rows, features.asked(settings), features.levels)
    columns = features.positions(settings, inputs)
    units, blocks, full = _prepared(rows, settings, inputs, columns)
    mixture = full.stand_in()
    settings = settings._replace(solver=settings.starter(mixture))
    most = _sample_rows(mixture, settings)
    sample = distinct_rows(blocks, random_state, most, mixture)
    if settings.n_experts > sample.n_distinct:
        what = "distinct groups" if settings.record.grouped else "distinct samples"
        raise ValueError(too_many_experts(settings, sample.n_distinct, what))
    sampled = sample.blocks
    if settings.given is None and sample.is_whole:
        # All distinct rows, in an order of their own: the same rows in another order, or
        # repeated instead of weighted, give the same fit to the last bit.
        units, blocks, full = _prepared(sampled, settings, inputs, columns)
        mixture, sampled = full.stand_in(), blocks
    if not settings.expert.has_statistics:
        return Ready(units, full.begun(None, random_state), blocks, [])
    # Of a first batch of a stream the penalties would be too strong for all.
    pooled = partial(
        fit_pooled, rounds=0 if settings.online else _PENALTY_ROUNDS, solver=settings.solver
    )
    if settings.n_experts == 1:
        one = pooled(mixture, blocks)
        begun = full.begun(mixture._replace(expert=one), random_state)
        return Ready(units, begun, blocks, [])
    if mixture.expert.pools:
        one = pooled(mixture, blocks)
        mixture = mixture._replace(expert=mixture.expert.pooled_at(one))
    if settings.given is not None:
        best = started_at(mixture, settings.given, blocks)
        if not settings.online:
            revised = best.update_penalty(blocks.sum(best.statistics))
            # A climb under penalties that are fixed begins just there.
            best = best if revised is best else settled(best, blocks, settings).mixture
        return Ready(units, full.begun(best, random_state), blocks, [])
    best, histories, advantage = _best_start(mixture, sampled, settings)
    return Ready(units, full.begun(best, random_state), blocks, histories, advantage)


def _prepared(rows, settings, inputs, columns):
    """What the rows fix: units, blocks and a mixture that knows nothing more."""
    family = settings.family.initialize(*_free_targets(rows, settings))
    units = _learn_units(rows, family, settings, inputs)
    blocks = units.seen(rows)
    design = settings.record.before(blocks.first()[0])[0]
    mixture = Mixture(
        settings.gate.initialize(settings.n_experts, design, columns[0]),
        settings.expert.initialize(settings.n_experts, design, family, columns[1]),
        settings.record,
    )
    return units, blocks, mixture


def _free_targets(rows, settings):
    """What the scaling of the targets is learnt from: less what is known of their predictors."""
    record = settings.record
    if not record.width:
        return rows.targets()

    targets, weight = rows.targets()
    if isinstance(targets, Blocks):
        return targets.seen(partial(_freed, targets.prepare, record, settings.family)), weight
    y = like(targets, rows.first_given()[0])
    return _freed(lambda X, y: (y, None), record, settings.family, None, y)[0], weight


def _freed(prepare, record, family, X, y):
    """Targets alone of rows as given, freed of their offsets, in the place of columns."""
    y, own = record.behind(prepare(X, y)[0])
    return family.freed(y, own[:, : record.offsets]) if record.offsets else y, None


def _learn_units(rows, family, settings, inputs):
    # A column that does not vary says nothing, but in a stream it may do so later.
    constant = 1.0 if settings.online else float("inf")
    columns = rows.columns() if inputs is None else (rows.seen(inputs.as_columns), None)
    scaling = learn_scaling(*columns, constant_spread=constant, n_jobs=settings.n_jobs)
    with_raw = settings.gate.raw or settings.expert.raw
    width = scaling.center.shape[0] + 1 + family.n_outputs
    numbers = settings.n_experts * width
    of_y = family.location and settings.record.offsets > 0
    return Units(scaling, family.units, inputs, settings.record, numbers, with_raw, of_y)


def _sample_rows(mixture, settings):
    """Rows that starts are tried on; as many for every expert that a tree may grow to."""
    rows = sample_size(mixture)
    if settings.depth is None:
        return rows
    leaves = rows * most_leaves(settings.depth - 1, settings.gate.branching)
    return min(leaves, max(rows, _LARGEST_SAMPLE))


def _best_start(mixture, sample, settings):
    """The best of several starts, its penalties estimated, the histories of all, the advantage.

    `mixture` has learnt nothing; where experts are pooled, all of them are the one-expert fit.
    """
    mixture = mixture.with_products(products_of(sample))
    find = find_start if settings.narrow is None else partial(widened, settings.narrow)
    kinds, random_state = settings.kinds, settings.random_state
    start = find(
        mixture,
        sample,
        settings.solver,
        kinds=kinds,
        n_init=settings.n_init,
        random_state=random_state,
    )
    best, advantage = start.mixture, None
    # Penalties of a first batch would be too strong for all, those of a stand-in wrong.
    if settings.has_statistics() and not settings.online:
        explored = settled(best, sample, settings)
        best = explored.mixture
        # Without their curvature there is no evidence of wide tables; trees ask held-out rows.
        weighed = mixture.expert.pools and not mixture.expert.gradient_only
        if weighed and settings.depth is None:
            alike = float(sample.sum(mixture.statistics).log_likelihood) + mixture.log_prior()
            # Where the data hold no evidence for several experts, one is as good.
            if explored.evidence <= alike:
                best, advantage = mixture.with_strength(PINNED), alike - explored.evidence
    if settings.depth is not None:
        solver, depth = settings.solver, settings.depth
        best = grow(best, sample, solver, depth=depth, kinds=kinds, random_state=random_state)
    return best.with_products(None), start.histories, advantage


def settled(mixture, blocks, settings):
    """The mixture with its penalties settled, as `Solver.explore` finds it."""
    tol = max(settings.tol, _PENALTY_TOL)
    return settings.solver.explore(
        mixture, blocks, tol, passes=_PENALTY_PASSES, rounds=_PENALTY_ROUNDS
    )
