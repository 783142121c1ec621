# %% [markdown]
# # Do these seeds tell?
#
# Two variants of a network were trained with several seeds each, and you have their errors, in percent.
# Write a function that says whether their medians are further apart than the spread: the larger of the two distances from a variant's best seed to its worst.

# %% before
from statistics import median


# %% stub
def tells(one, other):
    """Return True if the medians are further apart than the seeds."""
    ...


# %% tests
clear = tells([4.0, 4.2, 4.4], [6.0, 6.1, 6.3])
assert clear is not None, (
    "Your function returns nothing yet: end it with return."
)
assert isinstance(clear, bool), (
    "Return True or False: return the comparison itself."
)
assert tells([4.0, 4.1, 9.0], [4.5, 4.6, 4.7]) is False, (
    "One of the two has a seed that went far astray. With a spread "
    "like that, half a point says little: look at both spreads."
)
assert clear is True, (
    "These two are further apart than any two of their seeds. The "
    "spread is that of one variant at a time, not of all seeds "
    "together."
)
assert tells([6.0, 6.1, 6.3], [4.0, 4.2, 4.4]) is True, (
    "It must not matter which of the two comes first."
)
assert tells([3.0, 5.0, 5.2], [6.0, 6.1, 8.4]) is False, (
    "You compared means, or the best seeds. Medians were asked for."
)

# %% hint [markdown]
# How far apart are the medians, whichever is larger? `abs` helps.

# %% hint [markdown]
# The spread of one variant is `max(seeds) - min(seeds)`.
# There are two of them, and the larger one counts.


# %% solution
def tells(one, other):
    apart = abs(median(one) - median(other))
    spread = max(max(seeds) - min(seeds) for seeds in (one, other))
    return apart > spread


# %% wrong: the smaller spread says="look at both spreads"
def tells(one, other):
    apart = abs(median(one) - median(other))
    return apart > min(
        max(seeds) - min(seeds) for seeds in (one, other)
    )


# %% wrong: all seeds together says="one variant at a time"
def tells(one, other):
    everything = one + other
    apart = abs(median(one) - median(other))
    return apart > max(everything) - min(everything)


# %% wrong: in one direction says="which of the two comes first"
def tells(one, other):
    spread = max(max(seeds) - min(seeds) for seeds in (one, other))
    return median(other) - median(one) > spread


# %% wrong: the best seeds says="Medians were asked for"
def tells(one, other):
    spread = max(max(seeds) - min(seeds) for seeds in (one, other))
    return abs(min(one) - min(other)) > spread


# %% wrong: the difference says="return the comparison itself"
def tells(one, other):
    spread = max(max(seeds) - min(seeds) for seeds in (one, other))
    return abs(median(one) - median(other)) - spread
