# %% [markdown]
# # The map that waits
#
# A trained block of two 3 × 3 convolutions works on maps of {channels} × {side} × {side}, in and out, in floats of 4 bytes.
# Batch norm, ReLU and the addition work in place.
# While a convolution runs, memory must hold the map that it reads, the map that it writes, and whatever is needed later.
# For one image, how many bytes of maps does the block hold at most, as a plain block and with a shortcut that is a copy?


# %% draw
def draw(random):
    return {
        "channels": random.choice([48, 64, 128, 256]),
        "side": random.choice([14, 20, 28, 56]),
    }


# %% stub
# channels and side hold the numbers above.
plain_bytes = ...
residual_bytes = ...

# %% tests
one_map = 4 * channels * side * side
assert ... not in (plain_bytes, residual_bytes), (
    "Put your numbers, or formulas for them, in place of the dots."
)
assert plain_bytes * 4 != 2 * one_map, (
    "Those are numbers. Each of them takes 4 bytes."
)
assert plain_bytes != one_map, (
    "A convolution can't write over what it is reading: its windows "
    "overlap."
)
assert plain_bytes != 3 * one_map, (
    "In a plain block, the input can be dropped once the first "
    "convolution is done."
)
assert plain_bytes == 2 * one_map, (
    "Look at the plain block first. What is there while its second "
    "convolution runs?"
)
assert residual_bytes != 2 * one_map, (
    "The plain block is right. In the other one, what still needs the "
    "input while the second convolution runs?"
)
assert residual_bytes != 4 * one_map, (
    "The addition works in place: its sum needs no map of its own."
)
assert residual_bytes == 3 * one_map, (
    "The plain block is right. Add what has to wait for the addition."
)

# %% hint [markdown]
# List what is there while the first convolution runs, and then while the second does.

# %% hint [markdown]
# With a shortcut, the block's input is needed once more, at the addition.
# So it has to outlive the second convolution.

# %% solution
one_map_bytes = 4 * channels * side**2
plain_bytes = 2 * one_map_bytes
residual_bytes = 3 * one_map_bytes

# %% wrong: numbers for bytes says="Each of them takes 4 bytes"
plain_bytes = 2 * channels * side**2
residual_bytes = 3 * channels * side**2

# %% wrong: in place says="its windows overlap"
plain_bytes = 4 * channels * side**2
residual_bytes = 2 * plain_bytes

# %% wrong: the plain block keeps its input says="can be dropped"
plain_bytes = residual_bytes = 3 * 4 * channels * side**2

# %% wrong: a shortcut is free says="what still needs the input"
plain_bytes = residual_bytes = 2 * 4 * channels * side**2

# %% wrong: the sum as a map says="needs no map of its own"
plain_bytes = 2 * 4 * channels * side**2
residual_bytes = 2 * plain_bytes
