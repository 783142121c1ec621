# %% [markdown]
# # Rounded, or cut
#
# This is the heart of the docket's first rule: a printed number is right if the true one, rounded or cut to the printed digits, gives it.
# Write that as a function.
# The printed number comes as text, because `"4.10"` has more digits than `"4.1"`.

# %% before
from math import floor


# %% stub
def gives(true, printed):
    """Return True if true, rounded or cut, gives the printed text."""
    ...


# %% tests
given = gives(3.858, "3.9")
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
assert given is True, "3.858, rounded to one decimal place, is 3.9."
assert gives(3.858, "3.8") is True, (
    "3.858, cut after one decimal place, is 3.8. To cut is to go down."
)
assert gives(3.858, "4.0") is False, (
    "3.858 does not give 4.0, neither rounded nor cut: 4.0 prints one "
    "decimal place."
)
assert gives(3.858, "3.86") is True, (
    "The text says how many decimal places there are: here, two."
)
assert gives(3.858, "3.7") is False, (
    "Near is not enough: the printed digits have to match."
)
assert gives(138.36, "138") is True, (
    "A number without a point has no decimal places."
)

# %% hint [markdown]
# How many decimal places does the text have?
# `printed.partition(".")[2]` is what follows its point.

# %% hint [markdown]
# `round(true, digits)` rounds.
# To cut, multiply by `10**digits`, take the `floor`, and divide again.

# %% hint [markdown]
# Compare both with `float(printed)`.


# %% solution
def gives(true, printed):
    digits = len(printed.partition(".")[2])
    cut = floor(true * 10**digits) / 10**digits
    return float(printed) in (round(true, digits), cut)


# %% wrong: rounded only says="To cut is to go down"
def gives(true, printed):
    digits = len(printed.partition(".")[2])
    return float(printed) == round(true, digits)


# %% wrong: always one digit says="here, two"
def gives(true, printed):
    cut = floor(true * 10) / 10
    return float(printed) in (round(true, 1), cut)


# %% wrong: whole numbers allowed says="neither rounded nor cut"
def gives(true, printed):
    return any(
        float(printed) in (round(true, n), floor(true * 10**n) / 10**n)
        for n in range(3)
    )


# %% wrong: near says="Near is not enough"
def gives(true, printed):
    digits = len(printed.partition(".")[2])
    if "." in printed and printed.endswith(".0"):
        return round(true, digits) == float(printed)
    return abs(true - float(printed)) <= 2 / 10**digits
