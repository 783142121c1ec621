# %% [markdown]
# # As wide as it may be
#
# A bottleneck carries {carried} channels.
# It may have as many weights as a basic block of {basic} channels, and not one more; batch norm is left out.
# How many channels may it have inside, at most?


# %% draw
def draw(random):
    basic = random.choice([48, 64, 80, 96, 128])
    return {"carried": basic * random.choice([2, 3, 5]), "basic": basic}


# %% stub
# carried and basic hold the numbers above.
inner = ...

# %% tests
from convcost.arithmetic import conv_params

budget = 2 * conv_params(basic, basic, 3, bias=False)


def neck_weights(width, outer=2):
    one = conv_params(carried, width, 1, bias=False)
    return outer * one + conv_params(width, width, 3, bias=False)


def widest(weights):
    return max(n for n in range(1, 999) if weights(n) <= budget)


assert inner is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert inner == int(inner), "Channels come whole: round down."
assert inner != widest(lambda n: neck_weights(n, outer=1)), (
    "There are two 1 × 1 layers, one down and one up."
)
assert inner != widest(lambda n: 2 * neck_weights(n)), (
    "A basic block has two convolutions, not one."
)
assert inner != widest(lambda n: neck_weights(n, outer=18)), (
    "The outer layers look at one pixel. You gave them the large "
    "kernel."
)
assert inner != widest(lambda n: neck_weights(n, outer=0)), (
    "The 3 × 3 alone may be that wide. The two 1 × 1 layers have "
    "weights, too."
)
assert inner <= widest(neck_weights), (
    "A bottleneck that wide has more weights than the basic block."
)
assert inner == widest(neck_weights), (
    "That fits, and there is room for more."
)

# %% hint [markdown]
# How many weights does the basic block have, and how many does a bottleneck with $n$ channels inside?

# %% hint [markdown]
# Let a loop try widths: `max(n for n in range(1, 999) if ... <= ...)`.
# Or use equation {eq}`equal-cost` and round down.

# %% hint [markdown]
# A bottleneck has $2\,m\,n + 9\,n^2$ weights, and the basic block $18\,c^2$.

# %% solution
limit = 2 * 3 * 3 * basic**2
inner = max(
    n for n in range(1, 999) if 2 * carried * n + 9 * n**2 <= limit
)

# %% wrong: one of the 1 × 1 layers says="one down and one up"
inner = max(
    n for n in range(1, 999) if carried * n + 9 * n**2 <= 18 * basic**2
)

# %% wrong: half a basic block says="not one"
inner = max(
    n
    for n in range(1, 999)
    if 2 * carried * n + 9 * n**2 <= 9 * basic**2
)

# %% wrong: large kernels outside says="You gave them the large"
inner = max(
    n
    for n in range(1, 999)
    if 18 * carried * n + 9 * n**2 <= 18 * basic**2
)

# %% wrong: the 3 × 3 alone says="The 3 × 3 alone"
inner = max(n for n in range(1, 999) if 9 * n**2 <= 18 * basic**2)

# %% wrong: rounded up says="has more weights than the basic block"
limit = 2 * 3 * 3 * basic**2
inner = 1 + max(
    n for n in range(1, 999) if 2 * carried * n + 9 * n**2 <= limit
)
