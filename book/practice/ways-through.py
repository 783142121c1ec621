# %% [markdown]
# # Ways of one length
#
# Multiplied out, the product above has a term for each way back through the blocks, and a way that goes *through* two blocks has two slopes in its term.
# Write a function that adds up the terms of all ways that go through just `length` blocks, and around the others.

# %% before
from itertools import combinations
from math import prod


# %% stub
def ways(slopes, length):
    """Return the sum over all ways through so many blocks."""
    ...


# %% tests
blocks = [0.5, -0.2, 0.3, 0.1]
given = [ways(blocks, length) for length in range(5)]
assert None not in given, (
    "Your function hands nothing back yet: end it with return."
)
assert given[0] == 1, (
    "There is one way through no block at all, the shortcuts' way, and "
    "nothing is multiplied on it."
)
assert abs(given[2] - sum(blocks)) > 1e-9, (
    "You added the slopes on a way. The chain rule multiplies them."
)
assert abs(given[2] - 0.1) > 1e-9, (
    "Each pair of blocks is one way, in the order in which they stand. "
    "You took it twice."
)
assert abs(given[2] - 6) > 1e-9, (
    "That is how many ways there are. Each has its own product of "
    "slopes."
)
in_all = prod(1 + slope for slope in blocks)
assert abs(sum(given) - in_all) < 1e-9, (
    "Not yet: over all lengths, the ways should add up to the product "
    "of 1 plus each slope."
)
assert abs(given[4] - prod(blocks)) < 1e-9, (
    "The longest way goes through every block: that is the plain "
    "network."
)

# %% hint [markdown]
# A way is a choice of blocks.
# `combinations(slopes, length)` gives you all choices of so many.

# %% hint [markdown]
# `prod` multiplies the slopes of one way; then the ways are added up.


# %% solution
def ways(slopes, length):
    return sum(prod(chosen) for chosen in combinations(slopes, length))


# %% wrong: nothing for the way around all says="through no block at all"
def ways(slopes, length):
    chosen = combinations(slopes, length)
    return sum(prod(way) for way in chosen if way)


# %% wrong: slopes added says="You added the slopes"
def ways(slopes, length):
    return sum(slopes) if length else 1


# %% wrong: each pair twice says="You took it twice"
def ways(slopes, length):
    from itertools import permutations

    return sum(prod(way) for way in permutations(slopes, length))


# %% wrong: ways counted says="how many ways there are"
def ways(slopes, length):
    return len(list(combinations(slopes, length)))
