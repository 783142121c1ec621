# %% [markdown]
# # An architecture as a list
#
# On the page about parameters VGG-16 was a list: `[64, 64, "pool", 128, ...]`, a number for each convolution, and `"pool"` where a stage ends.
# Write a function that makes such a list from each stage's width and its number of convolutions.

# %% stub
def layout(widths, depths):
    """Return a list with a width for each convolution, and "pool"
    after each stage."""
    ...


# %% tests
small = layout([8, 16], [1, 2])
assert small is not None, (
    "Your function returns nothing yet: end it with return."
)
assert small != [8, "pool", 16, "pool", 16, "pool"], (
    "The map would be halved after each convolution. A pooling ends a "
    "stage."
)
assert small != [8, "pool", 16, 16], (
    "The last stage ends with a pooling, too: so the head sees 7 × 7 "
    "and not 14 × 14."
)
assert small != [8, 16, "pool"], (
    "A stage may have several convolutions: `depths` says how many."
)
assert small != [[8, "pool"], [16, 16, "pool"]], (
    "A list in a list: one flat list was asked for. `+=` puts one "
    "after the other."
)
assert small == [8, "pool", 16, 16, "pool"], (
    "Not yet. `layout([8, 16], [1, 2])` should give "
    "[8, 'pool', 16, 16, 'pool']."
)
deep = layout([64, 128, 256, 512, 512], [2, 2, 4, 4, 4])
assert len(deep) == 16 + 5, "VGG-19 has 16 convolutions and 5 poolings."

# %% hint [markdown]
# Go through both lists at once; `zip` gives you a width and a depth for each stage.

# %% hint [markdown]
# `[64] * 2` is `[64, 64]`.

# %% hint [markdown]
# Start from an empty list, and add each stage's convolutions and then its pooling.


# %% solution
def layout(widths, depths):
    layers = []
    for width, depth in zip(widths, depths):
        layers += [width] * depth + ["pool"]
    return layers


# %% wrong: a pooling after each convolution says="halved after each"
def layout(widths, depths):
    layers = []
    for width, depth in zip(widths, depths):
        layers += [width, "pool"] * depth
    return layers


# %% wrong: none after the last stage says="sees 7 × 7"
def layout(widths, depths):
    layers = []
    for width, depth in zip(widths, depths):
        layers += [width] * depth + ["pool"]
    return layers[:-1]


# %% wrong: one convolution a stage says="may have several convolutions"
def layout(widths, depths):
    return [*widths, "pool"]


# %% wrong: lists in a list says="A list in a list"
def layout(widths, depths):
    return [[w] * d + ["pool"] for w, d in zip(widths, depths)]
