# %% [markdown]
# # Rounded, or cut
#
# The heart of the docket's first rule: a printed number is right if the true one, rounded or cut to the digits that are printed, gives it.
# Write that as a function.
# The printed number comes as text, since `"4.10"` has other digits than `"4.1"`.

# %% before
from math import floor


# %% stub
def gives(true, printed):
    """Return True if true, rounded or cut, gives the printed text."""
    ...


# %% tests
given = gives(3.858, "3.9")
assert given is not None, (
    "Your function hands nothing back yet: end it with return."
)
assert given is True, (
    "3.858, rounded to one digit behind the point, is 3.9."
)
assert gives(3.858, "3.8") is True, (
    "3.858, cut behind its first digit, is 3.8. To cut is to go down."
)
assert gives(3.858, "4.0") is False, (
    "3.858 is neither 4.0 rounded nor 4.0 cut: mind that 4.0 prints a "
    "digit behind the point."
)
assert gives(3.858, "3.86") is True, (
    "The text says how many digits there are: two behind the point, "
    "here."
)
assert gives(3.858, "3.7") is False, (
    "Near is not enough: the digits have to be those."
)
assert gives(138.36, "138") is True, (
    "A number without a point has no digit behind it."
)

# %% hint [markdown]
# How many digits stand behind the point of the text?
# `printed.partition(".")[2]` is what stands there.

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


# %% wrong: always one digit says="two behind the point"
def gives(true, printed):
    cut = floor(true * 10) / 10
    return float(printed) in (round(true, 1), cut)


# %% wrong: whole numbers allowed says="neither 4.0 rounded nor"
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
