# %% [markdown]
# # A ratio from rounds
#
# Two networks were timed in turns: each round times both, and whatever slowed the machine down slowed both.
# Write a function that divides their times round by round and returns the median ratio: how many times as long the first one takes.

# %% before
from statistics import mean, median


# %% stub
def ratio_of_times(first, other):
    """Return the median ratio; each list has a time for each round."""
    ...


# %% tests
steady = ratio_of_times([20, 22, 21], [10, 11, 10.5])
assert steady is not None, (
    "Your function returns nothing yet: end it with return."
)
assert steady != 0.5, (
    "Upside down: that is how many times as long the second one takes."
)
assert not isinstance(steady, list), (
    "That is a ratio for each round. Which one stands for all of them?"
)
assert steady == 2, "Not yet. Divide the two times of each round."
slowed = ratio_of_times([20, 30, 44], [10, 15, 11])
assert slowed != mean([2, 2, 4]), (
    "A single disturbed round can move a mean as far as it likes. "
    "Take the median."
)
assert slowed != 94 / 36, (
    "You added up the times first, so the slow rounds count most."
)
assert slowed != 30 / 11, (
    "You took a median of each, and then a ratio. That compares times "
    "of different rounds, in which the machine was not equally fast."
)
assert slowed == 2, "Not yet. Which ratio is in the middle?"

# %% hint [markdown]
# `zip(first, other)` gives the two times of each round together.

# %% hint [markdown]
# Divide first, and take the median last.


# %% solution
def ratio_of_times(first, other):
    return median(a / b for a, b in zip(first, other))


# %% wrong: upside down says="Upside down"
def ratio_of_times(first, other):
    return median(b / a for a, b in zip(first, other))


# %% wrong: a mean says="move a mean as far"
def ratio_of_times(first, other):
    return mean(a / b for a, b in zip(first, other))


# %% wrong: sums first says="added up the times first"
def ratio_of_times(first, other):
    return sum(first) / sum(other)


# %% wrong: a ratio of medians says="times of different rounds"
def ratio_of_times(first, other):
    return median(first) / median(other)


# %% wrong: all of them says="a ratio for each round"
def ratio_of_times(first, other):
    return [a / b for a, b in zip(first, other)]
