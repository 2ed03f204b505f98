"""What gates and experts have in common: they are values that learn."""

from collections import Counter
from typing import Any, NamedTuple

from .._links import Linked
from .._rows.arrays import array_namespace, block_diagonal, device, identity, is_sparse
from .._rows.validation import check_count
from .._rows.whitening import unit

__all__ = ["Doubts", "MadeOfParts", "Part", "Slopes", "Together", "refusal", "take_columns"]


def take_columns(X, positions):
    """Chosen columns of a design and its constant (the last column)."""
    if positions is None:
        return X
    xp, wanted = array_namespace(X), [*positions, X.shape[1] - 1]
    if is_sparse(X):
        return X[:, wanted]
    return xp.take(X, xp.asarray(wanted, device=device(X)), axis=1)


def refusal(kind, value, names, allowed):
    """What to raise for a `value` that is no gate, expert, family or solver.

    Parameters
    ----------
    kind : str
        What it should have been.
    value : object
    names : iterable of str
        Names that stand for one.
    allowed : str
        What is allowed beside the names, in words.
    """
    if isinstance(value, type):
        return ValueError(
            f"{kind}={value.__name__} was given, which is a class; an object of it is allowed. "
            f"Pass {kind}={value.__name__}(), with its parameters in the brackets."
        )
    return ValueError(
        f"{kind}={value!r} was given; one of the names {sorted(names)}, {allowed} is allowed. Pass "
        f"for example {kind}={next(iter(names))!r}."
    )


class Doubts(NamedTuple):
    """How far from certain the rows leave predictors of a part.

    Attributes
    ----------
    design : array of shape (n, D)
        What the predictors are linear in, with the constant last.
    rows : array of shape (n, M)
        Weights of the rows, for M predictors.
    weight : array of shape (n, M)
        Curvature of the log-likelihood: zero in a row that is predicted without error.
    """

    design: Any
    rows: Any
    weight: Any

    def total(self):
        """The same of the constant alone: in doubt are rows as a whole, whatever the columns."""
        last = self.design[:, -1:]
        return self._replace(design=last.toarray() if is_sparse(last) else last)

    def sums(self):
        """Gram matrices (M, D, D) of the rows, and of the rows by their doubt."""
        size, n_predictors = self.design.shape[1], self.rows.shape[1]
        xp = array_namespace(self.design)
        tables = xp.concat([self.rows, self.rows * self.weight], axis=1)
        wide = xp.permute_dims(tables, (1, 0))[:, None, :] * self.design.T[None, :, :]
        gram = xp.reshape(
            xp.reshape(wide, (-1, self.design.shape[0])) @ self.design, (-1, size, size)
        )
        return gram[:n_predictors, ...], gram[n_predictors:, ...]


class MadeOfParts(Linked):
    """What has hyperparameters that are parts, given as objects or by name.

    Subclasses have `_part`.
    """

    def _part(self, name):
        """The part that the hyperparameter `name` stands for; None if it stands for none."""
        raise NotImplementedError

    def set_params(self, **params):
        """Set hyperparameters, those of parts among them.

        Parameters
        ----------
        **params : dict
            `gate__alpha=1.0` sets the `alpha` of the gate. A part that was given by name becomes
            an object for that.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If there is no such hyperparameter.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> model = MoERegressor(n_experts=2, random_state=0)
        >>> model.set_params(n_experts=3, gate__alpha=1.0).gate
        SoftmaxGate(alpha=1.0)
        """
        nested = {key: value for key, value in params.items() if "__" in key}
        # Names first, so that the order of the keys does not matter.
        super().set_params(**{key: value for key, value in params.items() if key not in nested})
        own = self.get_params(deep=False)
        for key in nested:
            name = key.partition("__")[0]
            value = own.get(name)
            if name in own and (isinstance(value, type) or not hasattr(value, "set_params")):
                own[name] = self._part(name)
                if own[name] is None:
                    raise ValueError(
                        f"{key!r} was given, but {name}={getattr(self, name)!r} has no parameters. "
                        f"Set {name} itself."
                    )
                setattr(self, name, own[name])
        return super().set_params(**nested)


class Slopes(NamedTuple):
    """Derivatives of a block's log-likelihood with respect to linear predictors of a part.

    Attributes
    ----------
    design : array of shape (n, D)
        What the predictors are linear in, with the constant last.
    table : array of shape (n, M)
        Derivatives, for M predictors.
    intercepts : list of int
        Position of each predictor's constant among the parameters of the part, which are D for
        every predictor.
    """

    design: Any
    table: Any
    intercepts: list

    def by_parameter(self):
        """Derivatives with respect to the parameters, (n, M * D)."""
        design = self.design.toarray() if is_sparse(self.design) else self.design
        table = self.table[:, :, None] * design[:, None, :]
        return array_namespace(table).reshape(table, (table.shape[0], -1))


class Part(Linked):
    """A gate or a bank of experts.

    A part is a value: `initialize` and `update` return a new one and leave this one as it was.
    The object that a user makes holds hyperparameters only; `initialize` adds the state.

    Attributes
    ----------
    segments : int
        In how many segments the part looks at every feature that is a number; mostly one.
    raw : bool
        Whether the part looks at the columns as given, not at the scaled ones.
    gradient_only : bool
        Whether the design is too wide, or sparse, for the matrix of Newton's method; known after
        `initialize`.
    has_statistics : bool
        Whether there are `statistics` and an `update` from them. Parts without learn along
        gradients only.
    forgets_rows : bool
        Whether the part can learn from rows that it does not see again.
    positions : list of int or None
        Columns of the design that an initialised part looks at; None stands for all.
    """

    positions = None
    segments = 1
    raw = False
    gradient_only = False
    has_statistics = True
    forgets_rows = True

    def located(self, locate):
        """What `initialize` takes as `columns`: where `locate` finds the part's columns."""
        return locate(self)

    def allows_missing(self):
        """Whether values of X may be missing (NaN)."""
        return False

    def allows_sparse(self):
        """Whether X may be sparse."""
        return False

    def share_jobs(self, n_jobs):
        """Take over the number of jobs of the mixture, if the part has none of its own."""
        if hasattr(self, "n_jobs") and self.n_jobs is None:
            self.n_jobs = n_jobs

    def cost(self):
        """Names of the estimators that the part is made of, and how often each was fitted."""
        return {}

    def _replaced(self, **state):
        """A copy of this part with other state."""
        # Not `copy.copy`, which asks scikit-learn for the state as if to store it.
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__, **state)
        return new

    def training(self, random_state):
        """Part for steps along gradients of a few rows: with noise, if it is of that kind."""
        return self

    def held(self, is_held=True):
        """Part that holds still what is best learnt last, or, if False, lets it go.

        Itself without such, or where that has begun to learn.
        """
        return self

    def stand_in(self):
        """An initialised part with statistics that a start is found with; mostly itself."""
        return self

    def begun(self, start, random_state):
        """Part at the beginning of its climb on all rows.

        Parameters
        ----------
        start : Part or None
            What the stand-in has become on a sample. None where no start has been looked for:
            then what begins at random is drawn.
        random_state : RandomState
        """
        return self if start is None else start

    def update(self, statistics, step=1.0):
        """New part, the fraction `step` of the way to the maximum given `statistics`."""
        raise NotImplementedError

    def frozen(self, is_frozen=True):
        """Part that keeps what it would fit anew on every pass, or, if False, fits it again.

        Itself without such.
        """
        return self

    def with_products(self, products):
        """Part that knows the products of the columns of a block (see there), or, with None, none.

        Itself where it has no use for them.
        """
        return self

    def settled(self, statistics):
        """Statistics at which an update would leave this part as it is.

        Online EM: what sums over the rows so far would be at the present parameters, had these
        rows not gone. `statistics` are those that led to the present parameters; sums that do not
        depend on the parameters stay as they are.
        """
        return statistics

    @property
    def params(self):
        """The parameters as one vector (logarithms of the scales included)."""
        raise NotImplementedError

    def with_params(self, params):
        """New part with other parameters."""
        raise NotImplementedError

    def extrapolated(self, statistics, params):
        """New part with parameters that its last steps point to, as far as curvature holds."""
        return self.with_params(params)

    def whitening(self, statistics):
        """W with W' A W a unit matrix, A the curvature in `statistics`: see `Coordinates`.

        A list of `Whitening`, in the order of `params`. Ones, where no curvature is known.
        """
        return [unit(self.params.shape[0])]

    def multiplications(self):
        """Multiplications per row of summing the curvature, and of all else in a pass."""
        return 0, 0

    def log_prior(self):
        """Minus the penalty on the parameters: a number or an array without axes."""
        return 0.0

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        return self.params * 0

    @property
    def coefficients(self):
        """Vector like `params`: 1 for what a decay of weights shrinks, 0 for the others."""
        return self.params * 0

    def identified(self):
        """Basis (n_parameters, n_free), on the host, of the directions of `params` that matter.

        Mostly all do. A softmax stays the same when a number is added to all its logits.
        """
        return identity(self.params.shape[0])

    def pull(self):
        """How the slope of `log_prior` moves with what the penalty draws towards, on the host.

        Of shape (n_parameters, n_centers); no columns where that is fixed in advance.
        """
        return identity(self.params.shape[0])[:, :0]

    def pull_strength(self):
        """Penalties on what the penalty draws towards, in the fit that gave it, on the host."""
        return identity(0).ravel()

    def update_penalty(self, statistics):
        """New part with its penalty re-estimated; itself if that is fixed or has settled."""
        return self

    def log_volume(self, statistics):
        """Log of posterior over prior volume of the parameters with an estimated penalty.

        Added to the objective it gives the evidence (Laplace's approximation).
        """
        return 0.0

    def with_strength(self, factor):
        """New part whose penalty, if that is estimated, is `factor` times as strong."""
        return self

    def on_rung(self, index):
        """New part with the penalty of climb number `index`, if climbs try several; or itself."""
        return self

    def segments_on(self, index, n_features):
        """The number of segments in climb number `index` on so many features."""
        return check_count(self.segments, "segments")

    def n_parameters(self):
        """Number of free parameters."""
        raise NotImplementedError

    def n_parameters_given_x(self):
        """Number of free parameters of what is said of a row given its columns: mostly all."""
        return self.n_parameters()


class Together:
    """Several parts as one: what a mixture, a tree of gates and a wrapper have in common.

    Subclasses have `inside`, a tuple of initialised parts; `_with_inside`, which puts others in
    their place; and `members`, the parts as the user gave them. Vectors of parameters stand one
    after the other, statistics are tuples.
    """

    @property
    def members(self):
        """The parts before `initialize`."""
        return self.inside

    def _with_inside(self, parts):
        """The same of other parts."""
        raise NotImplementedError

    def _each(self, method, statistics, *arguments):
        """A method of every part, given its own statistics."""
        # A mixture's own sums stand behind those of its parts.
        pairs = zip(self.inside, statistics, strict=False)
        return [getattr(part, method)(own, *arguments) for part, own in pairs]

    def _changed(self, parts):
        """The same of other parts; itself if they are its own."""
        parts = tuple(parts)
        same = all(new is old for new, old in zip(parts, self.inside, strict=True))
        return self if same else self._with_inside(parts)

    @staticmethod
    def _concat(vectors):
        vectors = list(vectors)
        return array_namespace(*vectors).concat(vectors)

    @property
    def raw(self):
        """Whether any part looks at the columns as given."""
        return any(part.raw for part in self.members)

    @property
    def has_statistics(self):
        """Whether all parts have."""
        return all(part.has_statistics for part in self.members)

    @property
    def forgets_rows(self):
        """Whether all parts can learn from rows that they do not see again."""
        return all(part.forgets_rows for part in self.members)

    @property
    def gradient_only(self):
        """Whether some part knows its curvature column by column only."""
        return any(part.gradient_only for part in self.inside)

    def allows_missing(self):
        """Whether all parts take missing values."""
        return all(part.allows_missing() for part in self.members)

    def allows_sparse(self):
        """Whether all parts take a sparse X."""
        return all(part.allows_sparse() for part in self.members)

    def cost(self):
        """The estimators of all parts and how often each was fitted."""
        return dict(sum((Counter(part.cost()) for part in self.inside), Counter()))

    def stand_in(self):
        """Of all parts."""
        return self._with_inside(part.stand_in() for part in self.inside)

    def begun(self, start, random_state):
        """All parts at the beginning of their climb."""
        # A start that has statistics may have other parts: a tree has grown.
        first = start if start is not None and self.has_statistics else self
        starts = [None] * len(self.inside) if start is None else start.inside
        pairs = zip(first.inside, starts, strict=True)
        return first._with_inside(part.begun(own, random_state) for part, own in pairs)

    def training(self, random_state):
        """All parts for steps along gradients of a few rows."""
        return self._changed(part.training(random_state) for part in self.inside)

    def held(self, is_held=True):
        """All parts, what is best learnt last held still, or let go."""
        return self._changed(part.held(is_held) for part in self.inside)

    def frozen(self, is_frozen=True):
        """All parts frozen, or fitting anew again."""
        return self._changed(part.frozen(is_frozen) for part in self.inside)

    def with_products(self, products):
        """All parts that know them."""
        return self._changed(part.with_products(products) for part in self.inside)

    def update(self, statistics, step=1.0):
        """All parts updated."""
        return self._with_inside(self._each("update", statistics, step))

    def settled(self, statistics):
        """Statistics at which an update would leave every part as it is."""
        return tuple(self._each("settled", statistics))

    @property
    def params(self):
        """Parameters of all parts, one after the other."""
        return self._concat(part.params for part in self.inside)

    @property
    def coefficients(self):
        """Vector like `params`: 1 for what a decay of weights shrinks, 0 for the others."""
        return self._concat(part.coefficients for part in self.inside)

    def with_params(self, params):
        """The same with other parameters."""
        pairs = zip(self.inside, self._cut(params), strict=True)
        return self._with_inside(part.with_params(own) for part, own in pairs)

    def extrapolated(self, statistics, params):
        """All parts where their last steps point to."""
        triples = zip(self.inside, statistics, self._cut(params), strict=False)
        return self._with_inside(part.extrapolated(*own) for part, *own in triples)

    def _cut(self, params):
        """The parameters of every part."""
        inside = tuple(self.inside)
        for part in inside[:-1]:
            size = part.params.shape[0]
            yield params[:size]
            params = params[size:]
        # The parameters of a part without any need not be asked for their number.
        yield from [params] * len(inside[-1:])

    def identified(self):
        """Bases of all parts, block by block."""
        return block_diagonal([part.identified() for part in self.inside])

    def pull(self):
        """Of all parts, block by block."""
        return block_diagonal([part.pull() for part in self.inside])

    def pull_strength(self):
        """Of all parts, one after the other."""
        return self._concat(part.pull_strength() for part in self.inside)

    def whitening(self, statistics):
        """Of all parts, one after the other."""
        return [block for own in self._each("whitening", statistics) for block in own]

    def multiplications(self):
        """Of all parts together."""
        pairs = [(0, 0), *(part.multiplications() for part in self.inside)]
        return tuple(map(sum, zip(*pairs, strict=True)))

    def log_prior(self):
        """Sum over the parts."""
        return sum((part.log_prior() for part in self.inside), 0.0)

    def log_prior_gradient(self):
        """Gradients of the parts, one after the other."""
        return self._concat(part.log_prior_gradient() for part in self.inside)

    def update_penalty(self, statistics):
        """The same with the penalties re-estimated; itself once all of them have settled."""
        return self._changed(self._each("update_penalty", statistics))

    def log_volume(self, statistics):
        """Sum over the parts."""
        return sum(self._each("log_volume", statistics))

    def with_strength(self, factor):
        """All parts with the penalties that are estimated `factor` times as strong."""
        return self._with_inside(part.with_strength(factor) for part in self.inside)

    def on_rung(self, index):
        """All parts with the penalties of climb number `index`."""
        return self._changed(part.on_rung(index) for part in self.inside)

    def n_parameters(self):
        """Sum over the parts."""
        return sum(part.n_parameters() for part in self.inside)

    def n_parameters_given_x(self):
        """Sum over the parts."""
        return sum(part.n_parameters_given_x() for part in self.inside)
