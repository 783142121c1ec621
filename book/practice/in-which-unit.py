# %% [markdown]
# # In which unit is it right?
#
# Somebody prints a number of operations, and you know how many multiply-adds there are.
# Write a function that returns `"MACs"` if the number fits them, `"FLOPs"` if it fits two operations for each, and otherwise `"neither"`.
# A number fits if it is off by at most a tenth of the true one.

# %% stub
def unit_of(printed, macs):
    """Return "MACs", "FLOPs" or "neither"."""
    ...


# %% tests
given = unit_of(3.8e9, 3.86e9)
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
assert given == "MACs", (
    "3.8 G for 3.86 G multiply-adds is a rounding, and it fits them."
)
assert unit_of(1.9e9, 3.8e9) != "FLOPs", (
    "The wrong way round: FLOPs are more than multiply-adds, not fewer."
)
assert unit_of(7.2e9, 3.6e9) == "FLOPs", (
    "7.2 G for 3.6 G multiply-adds: two for each, to the digit."
)
assert unit_of(7.9e9, 3.67e9) == "FLOPs", (
    "A tenth is a tenth of the true number: of twice the "
    "multiply-adds, if you try FLOPs."
)
assert unit_of(3.4e9, 3.7e9) == "MACs", (
    "A number may be too small as well. What counts is the distance."
)
assert unit_of(5.5e9, 3.7e9) == "neither", (
    "Halfway between the two, it fits neither of them."
)
assert unit_of(1.9e9, 3.8e9) == "neither", "Half of them fits neither."

# %% hint [markdown]
# Try one unit after the other: the true number is `macs`, or `2 * macs`.

# %% hint [markdown]
# `abs(printed - true) <= 0.1 * true` says whether a number fits.


# %% solution
def unit_of(printed, macs):
    for unit, true in (("MACs", macs), ("FLOPs", 2 * macs)):
        if abs(printed - true) <= 0.1 * true:
            return unit
    return "neither"


# %% wrong: to the digit says="is a rounding"
def unit_of(printed, macs):
    units = {macs: "MACs", 2 * macs: "FLOPs"}
    return units.get(printed, "neither")


# %% wrong: the wrong way round says="FLOPs are more than multiply-adds"
def unit_of(printed, macs):
    for unit, true in (("MACs", macs), ("FLOPs", macs / 2)):
        if abs(printed - true) <= 0.1 * true:
            return unit
    return "neither"


# %% wrong: a tenth of the MACs says="of twice the multiply-adds"
def unit_of(printed, macs):
    for unit, true in (("MACs", macs), ("FLOPs", 2 * macs)):
        if abs(printed - true) <= 0.1 * macs:
            return unit
    return "neither"


# %% wrong: in one direction says="too small as well"
def unit_of(printed, macs):
    if 0.98 * macs <= printed <= 1.1 * macs:
        return "MACs"
    if 2 * macs <= printed <= 2.2 * macs:
        return "FLOPs"
    return "neither"


# %% wrong: the nearest says="Halfway between"
def unit_of(printed, macs):
    if printed < 0.6 * macs:
        return "neither"
    return "MACs" if printed < 1.5 * macs else "FLOPs"
