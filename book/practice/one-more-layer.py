# %% [markdown]
# # One more layer
#
# You put one more 3 × 3 convolution at the end of one of VGG-16's five stages, before its pooling, with biases, and as wide as the others there.
# Write a function that says what it adds to parameters and to multiply-adds, for an image of 224 × 224.

# %% stub
def one_more(stage):
    """Return the parameters and MACs it adds to a stage, 1 to 5."""
    ...


# %% tests
from convcost.arithmetic import conv_macs, conv_params

added = [one_more(stage) for stage in range(1, 6)]
params_only = [conv_params(w, w, 3) for w in (64, 128, 256, 512, 512)]
maps = [(64, 224), (128, 112), (256, 56), (512, 28), (512, 14)]
macs_only = [conv_macs(w, w, 3, side, side) for w, side in maps]
right = list(zip(params_only, macs_only))
assert None not in added, (
    "Your function returns nothing yet: end it with return."
)
assert added[0] != right[0][::-1], (
    "The parameters come first, then the MACs."
)
assert added[0][0] != right[0][0] - 64, (
    "VGG was made before batch norm: its convolutions have biases."
)
assert added[0][1] != right[0][0] * 224**2, (
    "A bias is a parameter, but not a multiply-add."
)
assert added[0][1] != right[0][1] // 4, (
    "You took the map after the pooling. The layer comes before it."
)
assert added[4][0] != conv_params(1024, 1024, 3), (
    "In the last stage the channels no longer double."
)
assert added[0][0] != conv_params(3, 64, 3), (
    "At the end of a stage as many channels come in as go out."
)
assert added[1:4] == right[1:4], (
    "Right for the first stage, not for the next ones. How do channels "
    "and map change from stage to stage?"
)
assert added == right, (
    "Not yet. Look up the width and the map of the stage."
)

# %% hint [markdown]
# How wide is each stage, and on which map does it work?

# %% hint [markdown]
# From stage to stage the channels double, until they are 512, and the map is halved.

# %% hint [markdown]
# The width is `min(64 * 2 ** (stage - 1), 512)`.


# %% solution
def one_more(stage):
    width = min(64 * 2 ** (stage - 1), 512)
    side = 224 // 2 ** (stage - 1)
    weights = 3 * 3 * width * width
    return weights + width, weights * side * side


# %% wrong: no biases says="before batch norm"
def one_more(stage):
    width = min(64 * 2 ** (stage - 1), 512)
    side = 224 // 2 ** (stage - 1)
    return 9 * width**2, 9 * width**2 * side**2


# %% wrong: the map after the pooling says="the map after the pooling"
def one_more(stage):
    width = min(64 * 2 ** (stage - 1), 512)
    side = 224 // 2**stage
    return 9 * width**2 + width, 9 * width**2 * side**2


# %% wrong: the widths go on doubling says="no longer double"
def one_more(stage):
    width = 64 * 2 ** (stage - 1)
    side = 224 // 2 ** (stage - 1)
    return 9 * width**2 + width, 9 * width**2 * side**2


# %% wrong: biases among the MACs says="not a multiply-add"
def one_more(stage):
    width = min(64 * 2 ** (stage - 1), 512)
    side = 224 // 2 ** (stage - 1)
    params = 9 * width**2 + width
    return params, params * side**2


# %% wrong: the other way around says="The parameters come first"
def one_more(stage):
    width = min(64 * 2 ** (stage - 1), 512)
    side = 224 // 2 ** (stage - 1)
    return 9 * width**2 * side**2, 9 * width**2 + width


# %% wrong: one width for all says="Right for the first stage"
def one_more(stage):
    return 9 * 64**2 + 64, 9 * 64**2 * 224**2
