# %% [markdown]
# # As large as you can afford
#
# For an image of 224 × 224, a network takes {body_macs} MACs in its convolutions, and {head_macs} in a head that averages the maps to one size first.
# You may spend {budget_macs} MACs on an image.
# How large a side can it have, if that has to be a multiple of 32?


# %% draw
def draw(random):
    unit = random.randrange(30, 90) * 1_000_000
    steps = random.randrange(9, 14)
    return {
        "body_macs": 49 * unit,
        "head_macs": 3 * unit,
        "budget_macs": unit * steps**2 + 3 * unit + unit // 2,
    }


# %% stub
# body_macs, head_macs and budget_macs hold the numbers above.
image_side = ...

# %% tests
sides = range(32, 4096, 32)
largest = max(
    side
    for side in sides
    if body_macs * side**2 / 224**2 + head_macs <= budget_macs
)
for_the_body = (budget_macs - head_macs) / body_macs
assert image_side is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert image_side % 32 == 0, (
    "The side has to be a multiple of 32. Take the one below what you "
    "can afford."
)
assert image_side != 224 * for_the_body // 32 * 32, (
    "Twice the work is not twice the side: an image grows in height "
    "and in width."
)
assert image_side != largest - 32, (
    "You could afford a little more. Does the head grow with the "
    "image, if it averages first?"
)
assert image_side != largest + 32, (
    "That is just too expensive. Is the head in your sum, and did you "
    "round down?"
)
assert image_side == largest, (
    "Not yet. What would an image of 448 × 448 take?"
)

# %% hint [markdown]
# The head takes its share at any size.
# What is left for the convolutions?

# %% hint [markdown]
# The convolutions' MACs grow with the square of the side.
# So by which factor may the side grow?

# %% hint [markdown]
# A root, times 224.
# Then go down to the next multiple of 32: `// 32 * 32` does it.

# %% solution
factor = ((budget_macs - head_macs) / body_macs) ** 0.5
image_side = 224 * factor // 32 * 32

# %% wrong: in proportion to the side says="in height and in"
image_side = 224 * (budget_macs - head_macs) / body_macs // 32 * 32

# %% wrong: the head grows says="afford a little more"
factor = (budget_macs / (body_macs + head_macs)) ** 0.5
image_side = 224 * factor // 32 * 32

# %% wrong: no head, and rounded up says="just too expensive"
factor = ((budget_macs - head_macs) / body_macs) ** 0.5
image_side = 224 * factor // 32 * 32 + 32

# %% wrong: not rounded says="Take the one below"
image_side = 224 * ((budget_macs - head_macs) / body_macs) ** 0.5
