"""Experts of different kinds in one mixture."""

from itertools import chain

from sklearn.utils.metaestimators import _BaseComposition

from .._numerics.part import Together
from .._rows.arrays import array_namespace, device
from ._base import Expert, as_expert

__all__ = ["MixedExpert", "side_by_side"]


def side_by_side(banks):
    """One bank of the experts of several initialised ones, in their order.

    Those of one kind that look at the same columns are joined: every layer is one product.

    Parameters
    ----------
    banks : list of (Expert, int)
        And how many experts each has.

    Returns
    -------
    Expert
    """
    groups, first = {}, 0
    for bank, number in banks:
        key = type(bank), None if bank.positions is None else tuple(bank.positions)
        joined, places = groups.get(key, (None, []))
        joined = bank if joined is None else joined.joined(bank)
        groups[key] = joined, [*places, *range(first, first + number)]
        first += number
    if len(groups) == 1:
        return joined
    inside, places = map(list, zip(*groups.values(), strict=True))
    names = [f"{type(bank).__name__} {index}" for index, bank in enumerate(inside)]
    return MixedExpert(list(zip(names, inside, strict=True)))._replaced(
        banks=tuple(inside), places=places, names=names
    )


def _is_named(pair):
    """Whether `pair` is a name and something else."""
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)


class MixedExpert(Together, Expert, _BaseComposition):
    r"""Experts of different kinds side by side: a linear one beside a tree.

    Maximised: :math:`\sum_i r_{ik} \log f(y_i; \eta_k(x_i), \sigma_k)`, every expert by its own
    kind. The experts are dealt out in the order of the list: of K experts and m kinds, the first
    K / m are of the first kind, and so on.

    Parameters
    ----------
    experts : list of (str, expert) tuples
        Names, and for each an expert of :mod:`skmoe.experts`, its name or a scikit-learn
        estimator. Their parameters are reached as `expert__<name>__<parameter>`.

    Attributes
    ----------
    banks : tuple of Expert
        The experts of each kind; on the bank that `initialize` and `update` return.
    kinds : list of str
        Name of the kind of every expert.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from skmoe import MoERegressor
    >>> from skmoe.experts import LinearExpert, MixedExpert
    >>> kinds = [("line", LinearExpert()), ("tree", DecisionTreeRegressor(max_depth=4))]
    >>> model = MoERegressor(2, expert=MixedExpert(kinds))
    >>> model.set_params(expert__tree__max_depth=3).expert.experts[1][1].max_depth
    3
    """

    def __init__(self, experts):
        self.experts = experts

    def get_params(self, deep=True):
        """Hyperparameters, those of the named experts among them."""
        return self._get_params("experts", deep=deep)

    def set_params(self, **params):
        """Set hyperparameters, those of the named experts among them."""
        reached = {key.partition("__")[0] for key in params if "__" in key}
        # An expert given by name becomes an object, so that its own can be reached.
        given = params.get("experts", self.experts)
        if reached and isinstance(given, (list, tuple)):
            params["experts"] = [
                (name, as_expert(part) if name in reached and isinstance(part, str) else part)
                for name, part in given
            ]
        return self._set_params("experts", **params)

    @property
    def members(self):
        """The kinds as experts, their names checked."""
        pairs = isinstance(self.experts, (list, tuple)) and len(self.experts) > 0
        if not pairs or not all(map(_is_named, self.experts)):
            raise ValueError(
                f"experts={self.experts!r} was given; a list of (name, expert) tuples is allowed. "
                "Pass for example experts=[('line', LinearExpert()), ('other', LinearExpert())]."
            )
        self._validate_names([name for name, _ in self.experts])
        return [as_expert(expert) for _, expert in self.experts]

    @property
    def takes_offsets(self):
        """Whether all kinds do."""
        return all(member.takes_offsets for member in self.members)

    def allows_outputs(self):
        """Whether all kinds predict several columns."""
        return all(member.allows_outputs() for member in self.members)

    def located(self, locate):
        """The columns of every kind."""
        return [member.located(locate) for member in self.members]

    def share_jobs(self, n_jobs):
        """Pass the number of jobs on to all kinds."""
        self.experts = [
            (name, member) for (name, _), member in zip(self.experts, self.members, strict=True)
        ]
        for _, member in self.experts:
            member.share_jobs(n_jobs)

    def initialize(self, n_experts, X, family, columns=None):
        """Bank of which nothing has been learnt."""
        members = self.members
        if n_experts < len(members):
            raise ValueError(
                f"{n_experts} experts were asked for, but MixedExpert names {len(members)} kinds; "
                "at least one expert of each is needed. Ask for more experts, or name fewer kinds."
            )
        columns = [None] * len(members) if columns is None else columns
        kind = [k * len(members) // n_experts for k in range(n_experts)]
        places = [[k for k in range(n_experts) if kind[k] == m] for m in range(len(members))]
        banks = (
            member.initialize(len(own), X, family, positions)
            for member, own, positions in zip(members, places, columns, strict=True)
        )
        return self._replaced(
            banks=tuple(banks), places=places, names=[name for name, _ in self.experts]
        )

    @property
    def inside(self):
        """The banks of all kinds."""
        return self.banks

    def _with_inside(self, parts):
        return self._replaced(banks=tuple(parts))

    @property
    def family(self):
        """How y scatters."""
        return self.banks[0].family

    @property
    def kinds(self):
        """Name of the kind of every expert."""
        kind = {k: name for name, own in zip(self.names, self.places, strict=True) for k in own}
        return [kind[k] for k in range(len(kind))]

    def _together(self, tables):
        """Tables of all kinds side by side, experts (axis 1) in their order."""
        xp = array_namespace(tables[0])
        stacked = list(chain.from_iterable(self.places))
        order = sorted(range(len(stacked)), key=stacked.__getitem__)
        return xp.take(xp.concat(tables, axis=1), self._positions(order, tables[0]), axis=1)

    @staticmethod
    def _positions(experts, like):
        return array_namespace(like).asarray(experts, device=device(like))

    def _own(self, table):
        """Every kind with its columns of a table (n, K); None stays None."""
        for bank, own in zip(self.banks, self.places, strict=True):
            if table is None:
                yield bank, None
            else:
                xp = array_namespace(table)
                yield bank, xp.take(table, self._positions(own, table), axis=1)

    def take(self, experts):
        """Bank of some of the experts, repeated as often as they are named."""
        banks, places, names = [], [], []
        for bank, own, name in zip(self.banks, self.places, self.names, strict=True):
            chosen = [place for place, k in enumerate(experts) if k in own]
            if chosen:
                banks.append(bank.take([own.index(experts[place]) for place in chosen]))
                places.append(chosen)
                names.append(name)
        return self._replaced(banks=tuple(banks), places=places, names=names)

    def joined(self, other):
        """Bank of these experts and, after them, those of another bank."""
        first = sum(map(len, self.places))
        after = [[first + k for k in own] for own in other.places]
        return self._replaced(
            banks=self.banks + other.banks,
            places=self.places + after,
            names=self.names + other.names,
        )

    @property
    def pools(self):
        """Whether experts of some kind are shrunk towards their one-expert fit."""
        return any(bank.pools for bank in self.banks)

    def pooling(self):
        """The kind whose one-expert fit the others of that kind are shrunk towards."""
        return next((bank for bank in self.banks if bank.pools), self.banks[0])

    def pooled_at(self, one):
        """Bank whose experts of that kind start at, and are shrunk towards, `one`."""
        first = self.pooling()
        return self._with_inside(
            bank.pooled_at(one) if bank is first else bank for bank in self.banks
        )

    def at_offset(self, offset):
        """Bank of all kinds at known terms (n, C) of their predictors."""
        return self._with_inside(bank.at_offset(offset) for bank in self.banks)

    @property
    def offset(self):
        """Known terms of the predictors, the same for all kinds."""
        return self.banks[0].offset

    def predictors(self, X, wanted=None):
        """Predictors (n, K, C) and scales, (K, S), (n, K, S) if some depend on x, or None."""
        pairs = (bank.predictors(X, own) for bank, own in self._own(wanted))
        etas, scales = zip(*pairs, strict=True)
        if scales[0] is None:
            return self._together(etas), None
        xp = array_namespace(X)
        scales = [scale if scale.ndim == 3 else scale[None, ...] for scale in scales]
        rows = max(scale.shape[0] for scale in scales)
        wide = [xp.broadcast_to(scale, (rows, *scale.shape[1:])) for scale in scales]
        scale = self._together(wide)
        return self._together(etas), scale if rows > 1 else scale[0, ...]

    def predict(self, X, wanted=None):
        """Expected target under every expert, of shape (n, K, n_targets or n_classes)."""
        return self._together([bank.predict(X, own) for bank, own in self._own(wanted)])

    def statistics(self, X, y, resp):
        """Statistics of every kind."""
        return tuple(bank.statistics(X, y, own) for bank, own in self._own(resp))

    def log_prob_and_statistics(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `statistics`."""
        pairs = [bank.log_prob_and_statistics(X, y, own) for bank, own in self._own(wanted)]
        table, sums = self._joined(pairs)
        return table, lambda resp: tuple(sums(resp))

    def gradient(self, X, y, resp):
        """Gradients of all kinds, one after the other."""
        return self._concat(bank.gradient(X, y, own) for bank, own in self._own(resp))

    def log_prob_and_gradient(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `gradient`."""
        pairs = [bank.log_prob_and_gradient(X, y, own) for bank, own in self._own(wanted)]
        table, slopes = self._joined(pairs)
        return table, lambda resp: self._concat(slopes(resp))

    def _joined(self, pairs):
        """The tables of all kinds, and what their functions make of their responsibilities."""

        def each(resp):
            return (own(share) for (_, own), (_, share) in zip(pairs, self._own(resp), strict=True))

        return self._together([table for table, _ in pairs]), each

    def at_bound(self):
        """Whether a scale of some kind has run into its bound."""
        return any(bank.at_bound() for bank in self.banks)
