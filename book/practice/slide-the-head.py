# %% [markdown]
# # Slide the head
#
# VGG's first linear layer, written as a convolution from 512 to 4096 channels with a kernel of 7 × 7, slides over the last map without padding.
# The image now has a side of {image} pixels, and five poolings halve it.
# How many positions does the layer have, and how many MACs does it take?


# %% draw
def draw(random):
    return {"image": 32 * random.choice([9, 10, 11, 12, 14, 15, 16])}


# %% stub
# image holds the number above.
head_positions = ...
head_macs = ...

# %% tests
from convcost.arithmetic import conv_macs, conv_output_size

map_side = image // 32
out = conv_output_size(map_side, 7)
assert ... not in (head_positions, head_macs), (
    "Put your numbers, or formulas for them, in place of the dots."
)
assert head_positions != out, (
    "That is how many there are in one direction. It slides down, too."
)
assert head_positions != (out - 1) ** 2, (
    "The first position counts, too: a window that just fits has one."
)
assert head_positions != map_side**2, (
    "The window is 7 × 7 itself, so it has fewer positions than the "
    "map has values. There is no padding to help it."
)
assert head_positions != (image - 6) ** 2, (
    "That is a window on the image. What is left of it after five "
    "poolings?"
)
assert head_positions == out**2, (
    "Not yet. How large is the last map, and where does a window of 7 "
    "× 7 fit into it?"
)
assert head_macs != 512 * 7 * 7 * 4096, (
    "The positions are right. That is the work at one of them."
)
assert head_macs != 512 * 4096 * out**2, (
    "The positions are right. Each value there sums over the window, "
    "not over one pixel."
)
assert head_macs == conv_macs(512, 4096, 7, out, out), (
    "The positions are right. Each weight is used once at each of them."
)

# %% hint [markdown]
# How many rows does the last map have if the image is halved five times?

# %% hint [markdown]
# In one direction, a window of 7 in a map of $m$ has $m - 7 + 1$ positions.

# %% hint [markdown]
# The layer has $512 \cdot 7 \cdot 7 \cdot 4096$ weights, whatever the image.
# Each does one multiply-add at each position.

# %% solution
in_a_row = image // 32 - 7 + 1
head_positions = in_a_row**2
head_macs = 7 * 7 * 512 * 4096 * head_positions

# %% wrong: one direction says="in one direction"
head_positions = image // 32 - 6
head_macs = 7 * 7 * 512 * 4096 * head_positions

# %% wrong: a forgotten +1 says="The first position counts"
head_positions = (image // 32 - 7) ** 2
head_macs = 7 * 7 * 512 * 4096 * head_positions

# %% wrong: as if padded says="fewer positions than the map has"
head_positions = (image // 32) ** 2
head_macs = 7 * 7 * 512 * 4096 * head_positions

# %% wrong: on the image says="a window on the image"
head_positions = (image - 6) ** 2
head_macs = 7 * 7 * 512 * 4096 * head_positions

# %% wrong: one position says="the work at one of them"
head_positions = (image // 32 - 6) ** 2
head_macs = 7 * 7 * 512 * 4096

# %% wrong: no kernel says="not over one pixel"
head_positions = (image // 32 - 6) ** 2
head_macs = 512 * 4096 * head_positions
