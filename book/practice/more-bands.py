# %% [markdown]
# # More than three colors
#
# Your images come from a satellite, with {bands} bands where a photograph has three colors.
# In a network made for photographs, the first convolution has a kernel of {kernel} × {kernel}, puts out {out_channels} channels and has biases.
# You let it take in all bands, and change nothing else.
# By how many parameters does the network grow?


# %% draw
def draw(random):
    return {
        "bands": random.choice([5, 8, 11, 13]),
        "kernel": random.choice([3, 5, 7]),
        "out_channels": random.choice([32, 48, 64, 96]),
    }


# %% stub
# bands, kernel and out_channels hold the numbers above.
added_params = ...

# %% tests
from convcost.arithmetic import conv_params

old = conv_params(3, out_channels, kernel)
new = conv_params(bands, out_channels, kernel)
assert added_params is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert added_params not in (new, new - out_channels), (
    "That is all that the new layer has. Three of the bands were paid "
    "for before."
)
assert added_params != new - old + out_channels, (
    "The biases belong to what goes out, and that stays as it was."
)
assert added_params != (new - old) / kernel, (
    "A kernel has a height and a width."
)
assert added_params != (new - old) / out_channels, (
    "That is one filter. Each of the others reads the new bands, too."
)
assert added_params == new - old, (
    "Not yet. Write down the layer before and after, and take the "
    "difference."
)

# %% hint [markdown]
# Take one filter: how many weights does it get for each new band?

# %% hint [markdown]
# How many bands are new, and how many filters read them?
# Do the biases notice?

# %% solution
added_params = kernel**2 * (bands - 3) * out_channels

# %% wrong: the whole layer says="all that the new layer has"
added_params = kernel**2 * bands * out_channels + out_channels

# %% wrong: the whole layer without biases says="all that the new layer has"
added_params = kernel**2 * bands * out_channels

# %% wrong: new biases says="belong to what goes out"
added_params = kernel**2 * (bands - 3) * out_channels + out_channels

# %% wrong: the kernel's height alone says="a height and a width"
added_params = kernel * (bands - 3) * out_channels

# %% wrong: one filter says="one filter"
added_params = kernel**2 * (bands - 3)
