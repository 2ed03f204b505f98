"""The gate made of gates."""

from .._rows.arrays import array_namespace, device, log_softmax, zeros
from .._rows.validation import check_count
from ._base import Wrapper, as_gate
from ._softmax import SoftmaxGate

__all__ = ["HierarchicalGate", "balanced_tree", "check_size", "most_leaves"]

# Deeper, a full tree has more leaves than there can be rows.
_DEEPEST = 64


def check_size(depth, branching):
    """Depth and branching of a tree as ints, if they make one."""
    return check_count(depth, "depth"), check_count(branching, "branching", minimum=2)


def most_leaves(depth, branching):
    """Leaves of a full tree; some number above that of all rows where it is that large."""
    return branching ** min(depth, _DEEPEST)


def balanced_tree(n_leaves, branching):
    """Tree of `n_leaves` as nested tuples, as even as `branching` allows; a leaf is ()."""
    if n_leaves == 1:
        return ()
    children = min(branching, n_leaves)
    sizes = [n_leaves // children + (i < n_leaves % children) for i in range(children)]
    return tuple(balanced_tree(size, branching) for size in sizes)


def _nodes(tree, path=(), first_leaf=0):
    """Path, number of children and leaves (from, to) of all nodes, parents first."""
    leaves = first_leaf
    below = []
    for index, child in enumerate(tree):
        inner = list(_nodes(child, (*path, index), leaves))
        leaves = inner[0][3]
        below += inner
    yield path, len(tree), first_leaf, leaves if tree else first_leaf + 1
    yield from below


def _grafted(tree, path, branch):
    """`tree` with `branch` at the end of `path`."""
    if not path:
        return branch
    index, *rest = path
    return (*tree[:index], _grafted(tree[index], rest, branch), *tree[index + 1 :])


def _learning_together(template, listed):
    """Groups of inner nodes whose gates are one object: those of as many branches, if possible."""
    inner = [node for node in listed if node[1]]
    if not isinstance(template, SoftmaxGate):
        return [[node] for node in inner]
    sizes = sorted({node[1] for node in inner}, reverse=True)
    return [[node for node in inner if node[1] == size] for size in sizes]


def _steps(branches, listed):
    """For the first, second, ... decision, the branch taken to every leaf; the last if none."""
    position = {path: index for index, path in enumerate(branches)}
    leaves = [path for path, n_branches, _, _ in listed if not n_branches]
    depth = max(len(path) for path in leaves)
    return [
        [
            position.get(path[: level + 1], len(branches)) if level < len(path) else len(branches)
            for path in leaves
        ]
        for level in range(max(depth, 1))
    ]


class HierarchicalGate(Wrapper):
    r"""A tree of gates: a row goes down from node to node, an expert stands at every leaf.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log \prod_{l} g_{l}(x_i)`, the product over the nodes on
    the path to expert k of the probability of the branch taken there. Every node learns as a gate
    of its own from the responsibilities of the leaves below it.

    Parameters
    ----------
    gate : str, gate or classifier, default="softmax"
        The gate at every node; as text "softmax", "mlp", "quadratic", "gaussian" or
        "constant".
    depth : int, default=2
        Number of decisions on the longest path; a tree holds at most branching ** depth experts.
        Another number of experts gives a tree that is as even as possible.
    branching : int, default=2
        Branches of a node.

    Attributes
    ----------
    nodes : tuple of gate
        Gates that learn together: all softmax nodes with the same number of branches as one.
        On the gate that `initialize` and `update` return.
    branches : list of tuple of int
        For every branch, the turns from the root to its end: the columns of `node_proba`.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.
    .. [2] Waterhouse, S. R. & Robinson, A. J. (1996). Constructive algorithms for hierarchical
       mixtures of experts. Advances in Neural Information Processing Systems 8, 584-590.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import HierarchicalGate
    >>> MoERegressor(n_experts=7, gate=HierarchicalGate(depth=3))
    MoERegressor(gate=HierarchicalGate(depth=3), n_experts=7)
    """

    def __init__(self, gate="softmax", depth=2, branching=2):
        self.gate = gate
        self.depth = depth
        self.branching = branching

    @property
    def inside(self):
        """The gates of the nodes."""
        return self.nodes

    def _with_inside(self, parts):
        return self._replaced(nodes=tuple(parts))

    @property
    def climbs_once(self):
        """Whether the gate at the nodes does."""
        return as_gate(self.gate).climbs_once

    def initialize(self, n_experts, X, columns=None):
        """Equal probabilities of the branches of a balanced tree."""
        most = self.most_experts()
        if n_experts > most:
            raise ValueError(
                f"n_experts={n_experts} was given for a tree of depth={self.depth} and branching="
                f"{self.branching}, which holds at most {most}. Increase depth or branching."
            )
        return self.with_tree(balanced_tree(n_experts, self.branching), X, columns)

    def most_experts(self):
        """One for every leaf of the full tree."""
        return most_leaves(*check_size(self.depth, self.branching))

    def with_tree(self, tree, X, columns=None):
        """Gate with equal probabilities of the branches of `tree` (nested tuples)."""
        template = as_gate(self.gate)
        listed = list(_nodes(tree))
        leaves = {path: (start, stop) for path, _, start, stop in listed}
        nodes, branches = [], []
        for group in _learning_together(template, listed):
            n_branches = group[0][1]
            together = {"n_nodes": len(group)} if isinstance(template, SoftmaxGate) else {}
            nodes.append(template.initialize(n_branches, X, columns, **together))
            branches += [(*path, turn) for path, _, _, _ in group for turn in range(n_branches)]
        return self._replaced(
            n_experts=listed[0][3],
            tree=tree,
            positions=columns,
            nodes=tuple(nodes),
            branches=branches,
            spans=[leaves[path] for path in branches],
            steps=_steps(branches, listed),
            none=zeros((0,), X),
        )

    def template(self, X):
        """A node as it starts: the gate of a split."""
        return as_gate(self.gate).initialize(self.branching, X, self.positions)

    def leaf_paths(self):
        """The turns from the root to every expert."""
        return [path for path, n_branches, _, _ in _nodes(self.tree) if not n_branches]

    def split(self, leaf, gate, X):
        """Gate with the leaf at position `leaf` replaced by a node.

        Parameters
        ----------
        leaf : int
        gate : Gate
            The gate of the new node, of the kind of the others and initialised.
        X : array of shape (n, D)
            Any block of the design.
        """
        path = self.leaf_paths()[leaf]
        tree = _grafted(self.tree, path, ((),) * gate.n_experts)
        new = self.with_tree(tree, X, self.positions)
        known = {**self._node_params(), path: gate.params}
        return new.with_params(new._concat(known[node] for node in new._node_params()))

    def _node_params(self):
        """Parameters by the path to every node, in the order of `params`."""
        params = {}
        for node, paths in zip(self.nodes, self._node_paths(), strict=True):
            size = node.params.shape[0] // len(paths)
            for index, path in enumerate(paths):
                params[path] = node.params[index * size : (index + 1) * size]
        return params

    def _node_paths(self):
        """Paths to the nodes that every gate of `nodes` stands for."""
        heads = list(dict.fromkeys(path[:-1] for path in self.branches))
        paths, start = [], 0
        for node in self.nodes:
            stop = start + (node.n_nodes if isinstance(node, SoftmaxGate) else 1)
            paths.append(heads[start:stop])
            start = stop
        return paths

    def log_joint(self, X):
        """Sum over the path of the log joints of its nodes, of shape (n, K)."""
        return self._along_paths(X, [node.log_joint(X) for node in self.nodes])

    def log_joint_and_gradient(self, X):
        """`log_joint`, and the function that takes responsibilities to `gradient`."""
        pairs = [node.log_joint_and_gradient(X) for node in self.nodes]
        table, slopes = self._joined(X, pairs)
        return table, lambda resp: self._concat(slopes(resp))

    def log_joint_and_statistics(self, X):
        """`log_joint`, and the function that takes responsibilities to `statistics`."""
        pairs = [node.log_joint_and_statistics(X) for node in self.nodes]
        table, sums = self._joined(X, pairs)
        return table, lambda resp: tuple(sums(resp))

    def _joined(self, X, pairs):
        """Sums over paths of the nodes' tables, and what their functions make of their shares."""

        def each(resp):
            shares = self._shares(X, resp)
            return (own(share) for (_, own), (_, share) in zip(pairs, shares, strict=True))

        return self._along_paths(X, [table for table, _ in pairs]), each

    def _along_paths(self, X, tables):
        """Sums over paths (n, K) of the tables of all nodes."""
        xp = array_namespace(X)
        # A column for every branch, and one of zeros for paths that have ended.
        table = xp.concat([*tables, zeros((X.shape[0], 1), X)], axis=1)
        steps = [xp.asarray(step, device=device(X)) for step in self.steps]
        return sum(xp.take(table, step, axis=1) for step in steps)

    def log_weight(self, X):
        """Log probability of every path, of shape (n, K)."""
        joint = self.log_joint(X)
        return joint if self.exact else log_softmax(joint, axis=1)

    @property
    def exact(self):
        """Whether the nodes' gates are."""
        return all(node.exact for node in self.nodes)

    def node_proba(self, X):
        """Probability of passing every branch, of shape (n, n_branches); see `branches`."""
        return self._below(array_namespace(X).exp(self.log_weight(X)))

    def _below(self, table):
        """Sums (n, n_branches) of a table (n, K) over the leaves below every branch."""
        xp = array_namespace(table)
        # The leaves below a branch stand side by side.
        total = xp.cumulative_sum(table, axis=1, include_initial=True)
        start, stop = (
            xp.asarray(list(ends), device=device(table)) for ends in zip(*self.spans, strict=True)
        )
        below = xp.take(total, stop, axis=1) - xp.take(total, start, axis=1)
        return xp.clip(below, 0.0, None)

    def _shares(self, X, resp):
        """Every node, and the responsibilities of its branches."""
        if not self.nodes:
            return
        below, start = self._below(resp), 0
        for node in self.nodes:
            stop = start + node.n_experts * (node.n_nodes if isinstance(node, SoftmaxGate) else 1)
            yield node, below[:, start:stop]
            start = stop

    def statistics(self, X, resp):
        """Statistics of every node, given the responsibilities of the leaves below it."""
        return tuple(node.statistics(X, share) for node, share in self._shares(X, resp))

    def _concat(self, vectors):
        """Vectors of the nodes one after the other."""
        return array_namespace(self.none).concat([self.none, *vectors])

    def gradient(self, X, resp):
        """Gradients of the nodes one after the other."""
        return self._concat(node.gradient(X, share) for node, share in self._shares(X, resp))

    def slopes(self, X, resp):
        """Those of the nodes, one after the other."""
        found, first = [], 0
        for node, share in self._shares(X, resp):
            own = node.slopes(X, share)
            if own is None:
                return None
            found += [s._replace(intercepts=[first + i for i in s.intercepts]) for s in own]
            first += node.params.shape[0]
        return found

    def doubts(self, X, resp):
        """Those of the nodes."""
        return [own for node, share in self._shares(X, resp) for own in node.doubts(X, share)]

    def refined(self):
        """Gate with all nodes refined; None if none of them asks for it."""
        nodes = [node.refined() for node in self.nodes]
        if all(node is None for node in nodes):
            return None
        return self._with_inside(new or old for new, old in zip(nodes, self.nodes, strict=True))
