# %% [markdown]
# # From a tool's number to MACs
#
# A tool prints {printed_operations} operations for one convolution, which puts out {out_channels} maps of {out_side} × {out_side}.
# Its convention: two operations for each multiply-add, and one for each time that a bias is added.
# How many MACs does the layer take?


# %% draw
def draw(random):
    out_channels = random.choice([32, 48, 64, 80])
    out_side = random.choice([14, 20, 28, 40])
    weights = random.choice([1, 9, 25]) * random.choice([24, 36, 60])
    values = out_channels * out_side**2
    return {
        "printed_operations": 2 * weights * values + values,
        "out_channels": out_channels,
        "out_side": out_side,
    }


# %% stub
# printed_operations, out_channels and out_side hold the numbers above.
layer_macs = ...

# %% tests
bias_additions = out_channels * out_side * out_side
only_products = printed_operations - bias_additions
assert layer_macs is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert layer_macs != printed_operations / 2, (
    "The biases are still in it. They are not multiply-adds."
)
assert layer_macs != only_products, (
    "The biases are out. What is left counts two operations for each "
    "multiply-add."
)
assert layer_macs != 2 * only_products, (
    "The wrong way around: from operations to multiply-adds you halve."
)
assert layer_macs != (printed_operations - out_channels) / 2, (
    "That is how many biases there are. How many times is each added?"
)
assert layer_macs != printed_operations / 2 - bias_additions, (
    "The tool doubles multiply-adds but not biases. So which of the "
    "two do you undo first?"
)
assert layer_macs == only_products / 2, (
    "Not yet. Write the tool's number as a sum of two parts, one of "
    "which you can count."
)

# %% hint [markdown]
# The number is a sum: twice the multiply-adds, and the additions of biases.

# %% hint [markdown]
# A bias is added once to each value that the layer puts out.
# How many values is that?

# %% solution
values = out_channels * out_side**2
layer_macs = (printed_operations - values) // 2

# %% wrong: biases left in says="still in it"
layer_macs = printed_operations / 2

# %% wrong: FLOPs says="The biases are out"
layer_macs = printed_operations - out_channels * out_side**2

# %% wrong: doubled says="from operations to multiply-adds you halve"
layer_macs = 2 * (printed_operations - out_channels * out_side**2)

# %% wrong: each bias once says="How many times is each"
layer_macs = (printed_operations - out_channels) / 2

# %% wrong: halved first says="which of the two do you undo first"
layer_macs = printed_operations / 2 - out_channels * out_side**2
