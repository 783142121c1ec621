# %% [markdown]
# # A reduction that pays
#
# A convolution of {kernel} × {kernel} reads {in_channels} channels and puts out {out_channels}.
# Before it you put a 1 × 1 layer that passes on fewer channels.
# What is the largest number of channels for which the two layers together still have fewer weights than the convolution alone?
# Leave out biases.


# %% draw
def draw(random):
    return {
        "kernel": random.choice([3, 5]),
        "in_channels": random.choice([192, 256, 480, 528]),
        "out_channels": random.choice([32, 48, 64, 96]),
    }


# %% stub
# kernel, in_channels and out_channels hold the numbers above.
reduced = ...

# %% tests
from convcost.arithmetic import conv_params

alone = conv_params(in_channels, out_channels, kernel, bias=False)


def both(channels):
    return conv_params(
        in_channels, channels, 1, bias=False
    ) + conv_params(channels, out_channels, kernel, bias=False)


most = max(n for n in range(1, in_channels) if both(n) < alone)
assert reduced is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert reduced == int(reduced), (
    "There are no fractions of a channel: go down to the next whole number."
)
assert reduced not in (in_channels, in_channels - 1), (
    "You forgot that the 1 × 1 layer has weights of its own."
)
assert reduced != most + 1, (
    "With that many channels the two together have more weights, or as "
    "many."
)
assert reduced != alone // (kernel**2 * (in_channels + out_channels)), (
    "The reduction looks at one pixel. You gave it the large kernel."
)
assert reduced <= most, (
    "With that many channels it costs more than it saves."
)
assert reduced == most, (
    "It pays there, but it would still pay with more channels."
)

# %% hint [markdown]
# Let the reduction pass on $r$ channels.
# How many weights do the two layers have then?

# %% hint [markdown]
# Both counts have $r$ as a factor, once.
# Set their sum equal to the weights of the convolution alone, and solve.

# %% hint [markdown]
# Divide the weights of the convolution alone by `in_channels + kernel**2 * out_channels`, and stay below the result.

# %% solution
alone_weights = kernel**2 * in_channels * out_channels
for_a_channel = in_channels + kernel**2 * out_channels
reduced = (alone_weights - 1) // for_a_channel

# %% wrong: the reduction is free says="has weights of its own"
reduced = in_channels - 1

# %% wrong: a large kernel for the reduction says="You gave it the large"
alone_weights = kernel**2 * in_channels * out_channels
reduced = alone_weights // (kernel**2 * (in_channels + out_channels))

# %% wrong: one too many says="more weights, or as many"
for_a_channel = in_channels + kernel**2 * out_channels
reduced = (
    kernel**2 * in_channels * out_channels - 1
) // for_a_channel + 1

# %% wrong: not whole says="go down to the next"
for_a_channel = in_channels + kernel**2 * out_channels
reduced = kernel**2 * in_channels * out_channels / for_a_channel - 0.01

# %% wrong: far fewer channels says="would still pay"
reduced = 3
