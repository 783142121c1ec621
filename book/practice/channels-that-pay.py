# %% [markdown]
# # How many channels does it take?
#
# Compare a stack of {depth} layers of 3 × 3 with one kernel of {large} × {large}, which sees as far.
# Whatever comes in, each layer puts out {width} channels; biases are left out.
# On an image, with its three channels, the large kernel has fewer weights.
# How many channels must come in, at least, for the stack to have fewer?


# %% draw
def draw(random):
    depth = random.choice([2, 3, 4])
    return {
        "depth": depth,
        "large": 2 * depth + 1,
        "width": random.choice([32, 48, 64, 96]),
    }


# %% stub
# depth, large and width hold the numbers above.
channels_in = ...

# %% tests
from convcost.arithmetic import conv_params


def stack_less_large(channels, first_as_wide=False):
    enters = width if first_as_wide else channels
    first = conv_params(enters, width, 3, bias=False)
    others = (depth - 1) * conv_params(width, width, 3, bias=False)
    return (
        first + others - conv_params(channels, width, large, bias=False)
    )


fewest = next(n for n in range(1, 999) if stack_less_large(n) < 0)
first_too = next(
    n for n in range(1, 999) if stack_less_large(n, True) < 0
)
assert channels_in is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert channels_in == int(channels_in), (
    "Channels come whole. Which is the first whole number that does it?"
)
assert channels_in != first_too, (
    "The first layer of the stack benefits from few channels, too."
)
assert channels_in != fewest - 1, (
    "With that many the large kernel still has fewer weights, or as "
    "many."
)
assert stack_less_large(channels_in) < 0, (
    "With that many the large kernel has fewer weights. Count both for "
    "your number."
)
assert channels_in == fewest, (
    "The stack wins there, but it already does with fewer channels."
)

# %% hint [markdown]
# Write down the weights of both with $c$ channels in.
# In the stack, how many layers have $c$ in their count?

# %% hint [markdown]
# The stack has $9\,c\,w + 9\,w^2\,(n-1)$ weights for $n$ layers of $w$ channels.
# How many does the large kernel have?

# %% hint [markdown]
# Divide both sides by $w$, and bring $c$ to one side.
# Or let a loop try: `next(c for c in range(1, 999) if ...)`.

# %% solution
others = 9 * width * (depth - 1)
channels_in = others // (large**2 - 9) + 1

# %% wrong: the first layer is as wide as the others says="benefits from few"
channels_in = 9 * width * depth // large**2 + 1

# %% wrong: one channel too few says="still has fewer weights"
channels_in = 9 * width * (depth - 1) // (large**2 - 9)

# %% wrong: too many says="already does with fewer channels"
channels_in = width

# %% wrong: not whole says="Channels come whole"
channels_in = 9 * width * (depth - 1) / (large**2 - 9) + 0.01
