# %% [markdown]
# # How many groups?
#
# A convolution takes in {in_channels} channels and puts out {out_channels}, with a kernel of {kernel} × {kernel} and no biases.
# It has {weights} weights.
# How many groups do its channels form?


# %% draw
def draw(random):
    groups = random.choice([4, 8, 16])
    in_channels = groups * random.choice([6, 10, 12])
    out_channels = groups * random.choice([7, 9, 15])
    kernel = random.choice([3, 5, 7])
    weights = kernel**2 * (in_channels // groups) * out_channels
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel": kernel,
        "weights": weights,
    }


# %% stub
# in_channels, out_channels, kernel and weights hold the numbers above.
groups = ...

# %% tests
from convcost.arithmetic import conv_params

assert groups is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
count = next(
    n
    for n in range(1, in_channels + 1)
    if in_channels % n == out_channels % n == 0
    and conv_params(in_channels, out_channels, kernel, n, False)
    == weights
)
assert groups != count / kernel, "A kernel has a height and a width."
assert groups != 1 / count, (
    "Upside down: groups make weights fewer, and you divided the few "
    "by the many."
)
assert groups != in_channels / count, (
    "That is how many channels one group takes in. You were asked how "
    "many groups there are."
)
assert groups != count / kernel**2, (
    "You left the kernel out: a filter has a weight for each pixel of "
    "its window."
)
assert groups != count**0.5, (
    "Groups divide the weights once, not twice: each filter sees fewer "
    "channels, and there are as many filters as before."
)
assert groups == count, (
    "Not yet. How many weights would the layer have without groups, "
    "and how many times as many is that?"
)

# %% hint [markdown]
# How many weights would it have if it were one group?

# %% hint [markdown]
# Each filter now reaches through $C_\text{in} / g$ channels, so all weights are divided by $g$.
# You know both, before and after.

# %% solution
groups = kernel**2 * in_channels * out_channels // weights

# %% wrong: the kernel's height alone says="a height and a width"
groups = kernel * in_channels * out_channels / weights

# %% wrong: upside down says="Upside down"
groups = weights / (kernel**2 * in_channels * out_channels)

# %% wrong: channels of a group says="how many channels one group takes in"
groups = weights // (kernel**2 * out_channels)

# %% wrong: no kernel says="left the kernel out"
groups = in_channels * out_channels / weights

# %% wrong: divided twice says="once, not twice"
groups = (kernel**2 * in_channels * out_channels / weights) ** 0.5
