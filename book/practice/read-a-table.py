# %% [markdown]
# # Which rows agree?
#
# For each of GoogLeNet's modules, `rows` holds the parameters that the paper prints, in K, and the weights that you count.
# If K is 1024, which of the printed numbers are within two percent of the count?
# Give the set of their modules' names.

# %% before
rows = {
    "3a": (159, 163_328),
    "3b": (380, 388_096),
    "4a": (364, 375_552),
    "4b": (437, 448_512),
    "4c": (463, 509_440),
    "4d": (580, 604_672),
    "4e": (840, 867_328),
    "5a": (1072, 1_042_432),
    "5b": (1388, 1_442_816),
}

# %% stub
agree = ...  # such as {"3a", "3b"}


# %% tests
def within(share, k=1024):
    return {
        name
        for name, (printed, counted) in rows.items()
        if abs(k * printed - counted) <= share * counted
    }


one_sided = {
    name
    for name, (printed, counted) in rows.items()
    if 1024 * printed - counted <= 0.02 * counted
}
assert agree is not ..., "Put a set of names in place of the dots."
assert isinstance(agree, set), (
    'Give a set: names in braces, such as {"3a", "3b"}.'
)
assert agree != set(rows) - within(0.02), (
    "Those are the rows that do not agree."
)
assert agree != within(0.02, k=1000), (
    "You took a K for a thousand. Here it is tried as 1024."
)
assert agree != within(2), (
    "Two percent is 0.02 of the count. You allowed twice the count."
)
assert agree != one_sided, (
    "A row may be too low as well: what counts is the distance, in "
    "either direction."
)
assert agree == within(0.02), (
    "Not yet. Multiply a row out by hand, and see how far it is from "
    "the count."
)

# %% hint [markdown]
# What does a row print, as a plain number, if K is 1024?

# %% hint [markdown]
# `abs` gives a distance, whichever of the two is larger.
# Compare it with two percent of the count.

# %% hint [markdown]
# A set can be made of a dictionary in one go: `{name for name, (k, weights) in rows.items() if ...}`.

# %% solution
agree = {
    name
    for name, (k, weights) in rows.items()
    if abs(1024 * k - weights) <= 0.02 * weights
}

# %% wrong: a thousand says="You took a K for a thousand"
agree = {
    name
    for name, (k, weights) in rows.items()
    if abs(1000 * k - weights) <= 0.02 * weights
}

# %% wrong: two for two percent says="You allowed twice"
agree = {
    name
    for name, (k, weights) in rows.items()
    if abs(1024 * k - weights) <= 2 * weights
}

# %% wrong: one direction says="in either direction"
agree = {
    name
    for name, (k, weights) in rows.items()
    if 1024 * k - weights <= 0.02 * weights
}

# %% wrong: the others says="that do not agree"
agree = {
    name
    for name, (k, weights) in rows.items()
    if abs(1024 * k - weights) > 0.02 * weights
}
