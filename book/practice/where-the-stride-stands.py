# %% [markdown]
# # Where the stride is
#
# A bottleneck reads {carried} channels on maps of {side} × {side}, reduces them to {inner}, and halves the map.
# In V1 the stride of 2 is in the first 1 × 1, in V1.5 it is in the 3 × 3.
# How many more MACs does the block take in V1.5?


# %% draw
def draw(random):
    inner = random.choice([48, 96, 160])
    return {
        "carried": inner * random.choice([2, 4]),
        "side": random.choice([16, 28, 40]),
        "inner": inner,
    }


# %% stub
# carried, side and inner hold the numbers above.
more_macs = ...

# %% tests
from convcost.arithmetic import conv_macs

half = side // 2
large = conv_macs(carried, inner, 1, side, side)
small = conv_macs(carried, inner, 1, half, half)
middle = conv_macs(inner, inner, 3, half, half)
assert more_macs is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert more_macs != large, (
    "That is what the first 1 × 1 takes in V1.5. It took something in "
    "V1, too."
)
assert more_macs != 3 * middle, (
    "You let the 3 × 3 work on the large map. It has the stride now, "
    "so it puts out the small one, as before."
)
assert more_macs != large - small - 3 * middle, (
    "The 3 × 3 puts out the small map in both. Nothing is saved there."
)
assert more_macs != small - large, "The sign is wrong: V1.5 takes more."
assert more_macs != 2 * (large - small), (
    "Those are FLOPs. How many multiply-adds?"
)
assert more_macs != large / 2, (
    "Half the height and half the width are a quarter of the "
    "positions. So how many positions are added?"
)
assert more_macs == large - small, (
    "Not yet. Which layers' output maps change?"
)

# %% hint [markdown]
# Go through the three layers: on which map does each put out its values, in V1 and in V1.5?

# %% hint [markdown]
# Only the first 1 × 1 changes.
# In V1 it works at a quarter of the positions.

# %% solution
weights_down = carried * inner
more_macs = weights_down * (side**2 - (side // 2) ** 2)

# %% wrong: all of it says="It took something in V1"
more_macs = carried * inner * side**2

# %% wrong: the 3 × 3 on the large map says="You let the 3 × 3"
more_macs = 9 * inner**2 * (side**2 - (side // 2) ** 2)

# %% wrong: the sign says="The sign is wrong"
more_macs = carried * inner * ((side // 2) ** 2 - side**2)

# %% wrong: FLOPs says="Those are FLOPs"
more_macs = 2 * carried * inner * (side**2 - (side // 2) ** 2)

# %% wrong: half the positions says="are a quarter of the positions"
more_macs = carried * inner * side**2 / 2
