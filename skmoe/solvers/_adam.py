"""Adam: many small steps along gradients of a few rows each."""

import copy
import math
from typing import Any, NamedTuple

from sklearn.utils import check_random_state

from .._rows.arrays import array_namespace, host, is_sparse, like
from .._rows.blocks import one_blas_thread
from .._rows.validation import check_choice, check_count, check_positive, check_share
from ._base import Memory, Solver
from ._trace import HeldOut

__all__ = ["Adam"]

# Rows of a step unless told otherwise: so many times the root of all rows. On seven tables of 350
# to 3,600 rows half and twice as many gave the same scores; more save time.
_BATCH, _SMALLEST_BATCH, _LARGEST_BATCH = 3, 8, 256

# Steps that a batch of a stream is good for.
_STEPS_OF_A_BATCH = 16

# Steps of a climb unless told otherwise, and the epochs that they may make.
_STEPS, _FEWEST_EPOCHS, _MOST_EPOCHS = 20_000, 20, 500

# Rows from which a part is held out; with fewer it would be a handful, and say nothing.
_FEWEST_ROWS = 40

# Decay of the running mean of squared gradients, and what keeps its root from zero.
_DECAY, _MOMENTUM, _TINY = 0.999, 0.9, 1e-8

# Rates of learning unless told otherwise, where they fall and where they stay large.
_LARGE, _SMALL = 1e-2, 2e-3

# What a rate falls to, how often, and the steps in which it rises to its height before.
_FALL, _FALLS, _FIRST_STEPS = 0.3, 3, 100

# Share of the steps in which the rate of a cosine rises to its height.
_WARM_UP = 0.05


# Loss of score per row, from the start on, that no climb on its way makes, or stays at.
_LARGEST_LOSS = 1.0


class Adam(Solver):
    """Adam on mini-batches, with the best weights on held-out rows kept.

    Maximised: log-likelihood less the penalties of gate and experts, in small steps, each along
    the gradient of a few rows (Fisher's identity), scaled by running means. After every epoch the
    held-out rows are scored; once the score has not risen for `patience` epochs, the climb goes
    back to the mixture with the best score and on with smaller steps, or ends with it. Where
    networks set scales as well, these stay constant in a first climb of half the epochs at most,
    from whose best mixture a second goes on.

    Parameters
    ----------
    learning_rate : float or "auto", default="auto"
        Size of a step, about the change of a parameter. "auto" is 0.01 where the schedule is
        "plateau", and 0.002 for other schedules and in `partial_fit`.
    batch_size : int or "auto", default="auto"
        Rows of a step. "auto" is three times the root of the number of rows, and in `partial_fit`
        a sixteenth of them; 256 at most.
    n_epochs : int or "auto", default="auto"
        Passes over the data at most; no more than `max_iter` of the estimator. "auto" makes
        20,000 steps, in 20 to 500 passes.
    schedule : {"plateau", "cosine", "constant"}, default="plateau"
        "plateau": the rate falls to 0.3 of itself whenever the score has not risen for `patience`
        epochs, at the latest after 1/2, 3/4 and 7/8 of the epochs; the fourth time the climb
        ends. "cosine": the rate rises for a twentieth of the steps and then falls to zero along a
        cosine. "constant": it stays.
    weight_decay : float, default=0.0
        Share of every coefficient, times the rate, that a step takes away (AdamW); beside the
        penalties of the parts.
    max_norm : float, default=1.0
        Length at which a gradient per row is cut.
    validation_fraction : float, default=0.1
        Share of the rows held out; 0 holds out none, and the last mixture is returned. With
        fewer than 40 rows none are.
    patience : int, default=12
        Epochs without a better score after which the rate falls, or the climb stops.
    random_state : int, RandomState instance or None, default=None
        Draws held-out rows and batches; None takes that of the estimator.

    References
    ----------
    .. [1] Kingma, D. P. & Ba, J. (2015). Adam: a method for stochastic optimization.
       International Conference on Learning Representations.
    .. [2] Loshchilov, I. & Hutter, F. (2019). Decoupled weight decay regularization.
       International Conference on Learning Representations.
    .. [3] Prechelt, L. (1998). Early stopping, but when? In: Neural networks: tricks of the
       trade, 55-69.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.solvers import Adam
    >>> MoERegressor(expert="mlp", solver=Adam(learning_rate=1e-3, n_epochs=50))
    MoERegressor(expert='mlp', solver=Adam(learning_rate=0.001, n_epochs=50))
    """

    stochastic = True

    def __init__(
        self,
        learning_rate="auto",
        batch_size="auto",
        n_epochs="auto",
        schedule="plateau",
        weight_decay=0.0,
        max_norm=1.0,
        validation_fraction=0.1,
        patience=12,
        random_state=None,
    ):
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.max_norm = max_norm
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state

    def _check(self):
        """Raise a ValueError if a setting is not as described."""
        if self.learning_rate != "auto":
            check_positive(self.learning_rate, "learning_rate")
        for name in ("batch_size", "n_epochs"):
            if getattr(self, name) != "auto":
                check_count(getattr(self, name), name)
        check_choice(self.schedule, "schedule", ("plateau", "cosine", "constant"))
        check_positive(self.weight_decay, "weight_decay", zero=True)
        check_positive(self.max_norm, "max_norm")
        check_share(self.validation_fraction, "validation_fraction")
        check_count(self.patience, "patience")

    def solve(self, mixture, blocks, trace):
        """Climb from `mixture` until the plan is done, the score stays or `trace` says stop.

        Parameters
        ----------
        mixture : Mixture
            Of parts that have parameters.
        blocks : Blocks
            The data, as the mixture sees them.
        trace : Trace
            Told of every epoch; holds the limits.

        Returns
        -------
        mixture : Mixture
            The mixture with the best score.
        trace : Trace
        """
        self._check()
        self._check_gradients(mixture)
        # Threads that wait for one another at every small product cost more than they save.
        with one_blas_thread:
            return self._climb(mixture, blocks, trace)

    def _climb(self, mixture, blocks, trace):
        """The best mixture and the trace, for `solve`."""
        random_state, blocks = check_random_state(self.random_state), blocks.at_hand()
        order = _drawn(blocks, random_state)
        n_held = self.n_held(len(order))
        held_out = blocks.some(order[:n_held]) if n_held else None
        judge, rows = _judge(blocks, held_out), order[n_held:]
        usual = round(_BATCH * math.sqrt(len(rows)))
        n_batches = -(-len(rows) // self._batch_rows(len(rows), usual))
        planned = self._epochs(n_batches)
        n_epochs = min(planned, trace.max_iter)
        trace.begin(_objective(mixture, blocks), blocks.total_weight())

        def climbed(best, end, pace=1.0):
            """The best mixture on the way from that one to epoch number `end`."""
            mixture, first = best.mixture, trace.n_iter
            climb = _Climb(random_state, (end - first) * n_batches, pace)
            climb.set(self, trace.weight, trace.weight / len(order))
            while trace.n_iter < end and not trace.stopped:
                shuffled = rows[random_state.permutation(len(rows))]
                mixture, value = climb.epoch(mixture, blocks.batches(shuffled, n_batches))
                trace.n_iter += 1
                last = Scored(mixture, judge(mixture), trace.n_iter)
                best = last if last.score > best.score + trace.tol else best
                trace.scores.append(last.score)
                trace.record(value, mixture)
                since = last.epoch - max(best.epoch, first)
                if since >= self.patience or not math.isfinite(last.score):
                    break
            return best

        def in_legs(best, end):
            """The same in several legs, each from the best so far and slower than the last."""
            first = trace.n_iter
            for pace, share in self._legs():
                best = climbed(best, first + round(share * (end - first)), pace)
            return best

        start = best = Scored(mixture, judge(mixture), 0)
        if (held := mixture.held()) is not mixture:
            best = in_legs(best._replace(mixture=held), n_epochs // 2)
        best = in_legs(best._replace(mixture=best.mixture.held(False)), n_epochs)
        trace.converged = not trace.stopped
        self._note_failure(trace, start, best, planned)
        trace.history.append(_objective(best.mixture, blocks))
        if held_out is not None:
            density = held_out.map(lambda X, y, weight: best.mixture.log_density(X, y))
            trace.held_out = HeldOut(host(density), host(held_out.weights()))
        return best.mixture, trace

    def learn(self, mixture, blocks, memory):
        """A pass over a batch of rows in mini-batches, at the full rate.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
            The rows of the batch.
        memory : Memory
            What the rows so far have left behind: running means of the gradient.

        Returns
        -------
        mixture : Mixture
        memory : Memory
        """
        self._check()
        self._check_gradients(mixture)
        if isinstance(memory.state, _Climb):
            climb = memory.state.copied()
        else:
            climb = _Climb(check_random_state(self.random_state), n_steps=math.inf)
        rows = blocks.shuffled(climb.random_state)
        weight = blocks.total_weight()
        total = memory.weight + weight
        climb.set(self, total, weight / len(rows))
        # Its rows are seen once: small batches make more of them.
        n_batches = -(-len(rows) // self._batch_rows(len(rows), len(rows) // _STEPS_OF_A_BATCH))
        with one_blas_thread:
            mixture, value = climb.epoch(mixture, blocks.batches(rows, n_batches))
        if not math.isfinite(value):
            raise ValueError(
                f"The climb diverged on this batch with learning_rate={self.learning_rate}; the "
                "mixture stays as it was before. Pass a smaller learning_rate to Adam."
            )
        return mixture, Memory(total, climb)

    def n_held(self, n_rows):
        """Their share; of too few rows none."""
        share = check_share(self.validation_fraction, "validation_fraction")
        return round(share * n_rows) * (n_rows >= _FEWEST_ROWS)

    def _batch_rows(self, n_rows, usual):
        """Rows of a step, of those of an epoch: the usual ones, within limits, unless given."""
        if self.batch_size != "auto":
            return min(self.batch_size, n_rows)
        return min(max(usual, _SMALLEST_BATCH), _LARGEST_BATCH, n_rows)

    def _legs(self):
        """Pace of every leg of a climb, and the share of the epochs at which it ends."""
        if self.schedule != "plateau":
            return [(1.0, 1.0)]
        ends = [1 - 0.5 ** (leg + 1) for leg in range(_FALLS)]
        return [(_FALL**leg, end) for leg, end in enumerate([*ends, 1.0])]

    def _epochs(self, n_batches):
        """Epochs at most."""
        if self.n_epochs != "auto":
            return self.n_epochs
        return min(max(_STEPS // n_batches, _FEWEST_EPOCHS), _MOST_EPOCHS)

    def _note_failure(self, trace, start, best, planned):
        """Say in the trace if the climb has left all good mixtures behind, or was cut off."""
        scores = [s if math.isfinite(s) else -math.inf for s in trace.scores]
        usual = sorted(scores)[len(scores) // 2] if scores else start.score
        last = scores[-1] if scores else start.score
        if min(usual, last) > start.score - _LARGEST_LOSS:
            if planned > trace.max_iter == trace.n_iter:
                trace.converged = False
                trace.problem = (
                    f"The climb was cut off after max_iter={trace.max_iter} of {planned} epochs, "
                    f"and the best score of held-out rows is that of epoch {best.epoch}. Increase "
                    "max_iter, or pass Adam(n_epochs=...) if fewer epochs are meant to do."
                )
            return
        trace.converged = False
        trace.problem = (
            f"The climb diverged with learning_rate={self.learning_rate}: in half of its "
            f"{trace.n_iter} epochs the score per row was {usual:.4g} or less, {last:.4g} at the "
            f"end; that of the start was {start.score:.4g}. The mixture of epoch {best.epoch} is "
            "kept. Pass a smaller learning_rate to Adam."
        )


class Scored(NamedTuple):
    """A mixture, its score and the epoch that it stands at the end of."""

    mixture: Any
    score: float
    epoch: int


def _objective(mixture, blocks):
    return float(blocks.sum(mixture.log_likelihood)) + mixture.log_prior()


def _drawn(blocks, random_state):
    """Positions of the rows of weight above zero, on the host, in random order.

    Drawn are the rows, wherever they stand: climbs that see them in other orders hold out the
    same ones, so that they can be compared and weighed.
    """
    rows = blocks.shuffled(random_state)
    for key in host(blocks.map(_two_keys)).T:
        rows = rows[key[rows].argsort(kind="stable")]
    return rows[random_state.permutation(len(rows))]


def _two_keys(X, y, weight):
    """Two projections of every row, (n, 2): in float32 some different rows agree in one."""
    size = X.shape[1]
    directions = like(check_random_state(0).uniform(-1, 1, (2, size + y.shape[1])), X)
    xp = array_namespace(X)
    if is_sparse(X):
        return X @ directions[:, :size].T + y @ directions[:, size:].T
    table = xp.concat([X, y], axis=1)
    # Sums of products, not a matrix product: equal rows get equal bits wherever they stand.
    return xp.stack([xp.sum(table * directions[k, :], axis=1) for k in range(2)], axis=1)


def _judge(blocks, held_out):
    """Function that scores a mixture.

    By the mean log-likelihood of the rows held out; where none are, by the mean objective.
    """
    if held_out is None:
        weight = blocks.total_weight()
        return lambda mixture: _objective(mixture, blocks) / weight
    weight = held_out.total_weight()
    return lambda mixture: float(held_out.sum(mixture.log_likelihood)) / weight


class _Climb:
    """Running means of gradients, and the steps that they give."""

    def __init__(self, random_state, n_steps, pace=1.0):
        self.random_state, self.n_steps, self.pace = random_state, n_steps, pace
        self.step, self.mean, self.square = 0, 0.0, 0.0

    def copied(self):
        """The same with means of its own."""
        new = copy.copy(self)
        new.mean, new.square = self.mean + 0.0, self.square + 0.0
        return new

    def set(self, settings, weight, mean_weight):
        """Note the settings, the weight of all rows (beside the penalties) and their mean."""
        self.settings, self.weight, self.mean_weight = settings, weight, mean_weight

    def epoch(self, mixture, batches):
        """The mixture after a step on every batch, and the mean objective on the way."""
        seen, n_rows, decay = 0.0, 0, self.settings.weight_decay
        learning, kept = mixture.training(self.random_state), mixture.coefficients * decay
        params = learning.params
        for X, y, weight in batches:
            value, slope = learning.value_and_gradient(X, y, weight)
            seen, n_rows = seen + value, n_rows + X.shape[0]
            slope /= X.shape[0] * self.mean_weight
            slope += learning.log_prior_gradient() / self.weight
            move = self._direction(slope)
            if decay:
                move -= kept * params
            move *= self._rate()
            params = params + move
            learning = learning.with_params(params)
        log_likelihood = float(seen) * self.weight / (n_rows * self.mean_weight)
        mixture = mixture.with_params(params)
        return mixture, log_likelihood + mixture.log_prior()

    def _rate(self):
        """Learning rate of the present step."""
        settings, is_stream = self.settings, self.n_steps == math.inf
        rate = settings.learning_rate
        if rate == "auto":
            rate = _LARGE if settings.schedule == "plateau" and not is_stream else _SMALL
        if settings.schedule == "constant" or is_stream:
            return rate
        if settings.schedule == "plateau":
            return rate * self.pace * min(self.step / _FIRST_STEPS, 1.0)
        done = self.step / (self.n_steps + 1)
        return rate * min(done / _WARM_UP, 1.0) * (1 + math.cos(math.pi * done)) / 2

    def _direction(self, slope):
        """Mean gradient over the root of the mean square, both corrected for their start at 0.

        In place, `slope` as well: of large networks, every new table costs as much as a product.
        """
        xp = array_namespace(slope)
        if not self.step:
            self.mean, self.square = xp.zeros_like(slope), xp.zeros_like(slope)
        self.step += 1
        # A gradient that is too long is cut, whatever its direction.
        norm = xp.sqrt(xp.sum(slope * slope))
        slope *= self.settings.max_norm / xp.clip(norm, self.settings.max_norm, None)
        self.mean *= _MOMENTUM
        self.mean += (1 - _MOMENTUM) * slope
        slope *= slope
        slope *= 1 - _DECAY
        self.square *= _DECAY
        self.square += slope
        root = xp.sqrt(self.square)
        root *= (1 - _MOMENTUM**self.step) / math.sqrt(1 - _DECAY**self.step)
        root += (1 - _MOMENTUM**self.step) * _TINY
        return self.mean / root
