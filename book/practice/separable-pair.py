# %% [markdown]
# # Depthwise, then 1 × 1
#
# Write a function for the pair that you have just seen, for any layer: first a depthwise convolution, one square filter for each channel that comes in, and after it a 1 × 1 convolution that mixes the channels.
# How many weights do the two have together, leaving out biases?

# %% stub
def separable_weights(kernel, in_channels, out_channels):
    """Return the weights of the depthwise layer and the 1 × 1."""
    ...


# %% tests
from convcost.arithmetic import conv_params

given = separable_weights(5, 48, 80)
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
dense = conv_params(48, 80, 5, bias=False)
depthwise = conv_params(48, 48, 5, groups=48, bias=False)
pointwise = conv_params(48, 80, 1, bias=False)
assert given != dense, (
    "That is one ordinary layer, in which each filter reaches through "
    "all channels. A depthwise filter sees a single one."
)
assert given != depthwise, "That is the depthwise layer alone."
assert given != pointwise, "That is the 1 × 1 alone."
assert given != depthwise + dense, (
    "Your second layer has a large kernel. It only looks at one pixel."
)
assert (
    given != conv_params(80, 80, 5, groups=80, bias=False) + pointwise
), (
    "The depthwise layer comes first, so it has the channels that come "
    "in."
)
assert given != depthwise + pointwise + 48 + 80, (
    "You counted biases. They are left out here."
)
assert given == depthwise + pointwise, (
    "Not yet. Count the two layers one by one, on paper, for 2 "
    "channels in and 3 out."
)
assert separable_weights(3, 64, 64) == conv_params(
    64, 64, 3, groups=64, bias=False
) + conv_params(64, 64, 1, bias=False), (
    "Right for one layer, wrong for another."
)

# %% hint [markdown]
# How many filters does the depthwise layer have, and how many values does each of them read at one position?

# %% hint [markdown]
# The 1 × 1 is an ordinary convolution: use the formula with a kernel of one pixel.

# %% hint [markdown]
# Two products, added.
# One has the kernel squared and one number of channels, the other has no kernel and both.


# %% solution
def separable_weights(kernel, in_channels, out_channels):
    depthwise = kernel**2 * in_channels
    pointwise = in_channels * out_channels
    return depthwise + pointwise


# %% wrong: an ordinary layer says="one ordinary layer"
def separable_weights(kernel, in_channels, out_channels):
    return kernel**2 * in_channels * out_channels


# %% wrong: depthwise alone says="the depthwise layer alone"
def separable_weights(kernel, in_channels, out_channels):
    return kernel**2 * in_channels


# %% wrong: 1 × 1 alone says="the 1 × 1 alone"
def separable_weights(kernel, in_channels, out_channels):
    return in_channels * out_channels


# %% wrong: a kernel for the 1 × 1 says="only looks at one pixel"
def separable_weights(kernel, in_channels, out_channels):
    return (
        kernel**2 * in_channels + kernel**2 * in_channels * out_channels
    )


# %% wrong: channels out for channels in says="has the channels that come in"
def separable_weights(kernel, in_channels, out_channels):
    return kernel**2 * out_channels + in_channels * out_channels


# %% wrong: biases says="counted biases"
def separable_weights(kernel, in_channels, out_channels):
    depthwise = kernel**2 * in_channels + in_channels
    return depthwise + in_channels * out_channels + out_channels


# %% wrong: a number for a formula says="wrong for another"
def separable_weights(kernel, in_channels, out_channels):
    return 25 * 48 + 48 * 80
