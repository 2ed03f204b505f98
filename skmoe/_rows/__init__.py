"""How rows come: arrays of any library, blocks of them, their sums, scaling and checks."""
