# %% [markdown]
# # Paths of one length
#
# Multiplied out, the product above has a term for each path back through the blocks, and a path that goes *through* two blocks has two slopes in its term.
# Write a function that adds up the terms of all paths that go through exactly `length` blocks, and around the others.

# %% before
from itertools import combinations
from math import prod


# %% stub
def paths(slopes, length):
    """Return the sum over all paths through that many blocks."""
    ...


# %% tests
blocks = [0.5, -0.2, 0.3, 0.1]
given = [paths(blocks, length) for length in range(5)]
assert None not in given, (
    "Your function returns nothing yet: end it with return."
)
assert given[0] == 1, (
    "One path goes through no block at all, along the shortcuts, and "
    "nothing is multiplied on it."
)
assert abs(given[2] - sum(blocks)) > 1e-9, (
    "You added the slopes on a path. The chain rule multiplies them."
)
assert abs(given[2] - 0.1) > 1e-9, (
    "Each pair of blocks is one path, in the order of the blocks. "
    "You took it twice."
)
assert abs(given[2] - 6) > 1e-9, (
    "That is how many paths there are. Each has its own product of "
    "slopes."
)
in_all = prod(1 + slope for slope in blocks)
assert abs(sum(given) - in_all) < 1e-9, (
    "Not yet: over all lengths, the paths should add up to the product "
    "of 1 plus each slope."
)
assert abs(given[4] - prod(blocks)) < 1e-9, (
    "The longest path goes through every block: that is the plain "
    "network."
)

# %% hint [markdown]
# A path is a choice of blocks.
# `combinations(slopes, length)` gives you all choices of that many.

# %% hint [markdown]
# `prod` multiplies the slopes of one path; then the paths are added up.


# %% solution
def paths(slopes, length):
    return sum(prod(chosen) for chosen in combinations(slopes, length))


# %% wrong: nothing for the path around all says="through no block at all"
def paths(slopes, length):
    chosen = combinations(slopes, length)
    return sum(prod(path) for path in chosen if path)


# %% wrong: slopes added says="You added the slopes"
def paths(slopes, length):
    return sum(slopes) if length else 1


# %% wrong: each pair twice says="You took it twice"
def paths(slopes, length):
    from itertools import permutations

    return sum(prod(path) for path in permutations(slopes, length))


# %% wrong: paths counted says="how many paths there are"
def paths(slopes, length):
    return len(list(combinations(slopes, length)))
