# %% [markdown]
# # Until it sees the whole image
#
# A network begins with a convolution of {kernel} × {kernel} and a stride of 2, followed by a pooling of 3 × 3 with a stride of 2.
# Then come convolutions of 3 × 3 with a stride of 1, and nothing else.
# How many of these must there be, at least, for one value on top to depend on {rows} rows of the image, padding included?


# %% draw
def draw(random):
    return {
        "kernel": random.choice([5, 7, 11]),
        "rows": random.choice([96, 128, 160, 192, 224]),
    }


# %% stub
# kernel and rows hold the numbers above.
layers = ...

# %% tests
from convcost.arithmetic import receptive_field


def least(stem=((kernel, 2), (3, 2)), more=(3, 1)):
    return next(
        n
        for n in range(999)
        if receptive_field([*stem, *[more] * n]) >= rows
    )


assert layers is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert layers == int(layers), (
    "Layers come whole. Round up: the rows have to be seen."
)
assert layers != least(stem=((kernel, 1), (3, 1))), (
    "After a stride, a step on the map is a step of several pixels on "
    "the image. You let the strides pass without effect."
)
assert layers != least(stem=((kernel, 2), (3, 1))), (
    "Two strides come before these layers, and they multiply."
)
assert layers != least(stem=((1, 2), (1, 2))), (
    "The first convolution and the pooling see something, too."
)
assert layers != least(more=(4, 1)), (
    "Neighboring windows overlap: a layer adds one less than its kernel."
)
assert layers != least() - 1, (
    "With one layer fewer, a few rows are still out of sight."
)
assert layers == least(), (
    "Not yet. How far does a value after the pooling see, and how much "
    "does each layer add to that?"
)

# %% hint [markdown]
# How many rows does a value after the pooling depend on?
# The formula above has two terms for that, and the first pixel.

# %% hint [markdown]
# After two strides of 2, a step on the map is four pixels on the image.
# So how much does a layer of 3 × 3 add?

# %% hint [markdown]
# Take what is still missing to the rows you want, divide it by what a layer adds, and round up.
# `-(-a // b)` rounds up.

# %% solution
after_pooling = 1 + (kernel - 1) + 2 * (3 - 1)
each_adds = 2 * 2 * (3 - 1)
layers = -((after_pooling - rows) // each_adds)

# %% wrong: no strides says="without effect"
layers = -((1 + (kernel - 1) + 2 - rows) // 2)

# %% wrong: one of the strides says="they multiply"
layers = -((1 + (kernel - 1) + 2 * 2 - rows) // (2 * 2))

# %% wrong: no first layers says="see something, too"
layers = -((1 - rows) // 8)

# %% wrong: the whole kernel says="one less than its kernel"
layers = -((1 + (kernel - 1) + 2 * 2 - rows) // (4 * 3))

# %% wrong: rounded down says="still out of sight"
layers = (rows - (1 + (kernel - 1) + 2 * 2)) // 8

# %% wrong: not whole says="Layers come whole"
layers = (rows - (1 + (kernel - 1) + 2 * 2)) / 8 + 0.01
