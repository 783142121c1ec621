# %% [markdown]
# # The first layers are frozen
#
# You fine-tune VGG-11: its first {frozen} layers stay as they are, and the others are trained.
# `forward_macs` has the multiply-adds of all its layers, forward, from the image on.
# How many does one step take for an image, forward and backward together?


# %% draw
def draw(random):
    return {"frozen": random.randrange(2, 9)}


# %% before
forward_macs = [
    *(86_704_128, 924_844_032, 924_844_032, 1_849_688_064),
    *(924_844_032, 1_849_688_064, 462_422_016, 462_422_016),
    *(102_760_448, 16_777_216, 4_096_000),
]

# %% stub
# forward_macs and frozen hold what is given above.
step_macs = ...

# %% tests
down = sum(forward_macs)
weights_too = sum(forward_macs[frozen:])
inputs_too = sum(forward_macs[frozen + 1 :])
assert step_macs is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert step_macs not in (3 * down, 3 * down - forward_macs[0]), (
    "That is a step that trains everything. A frozen layer asks for "
    "fewer products."
)
assert step_macs not in (
    3 * weights_too,
    weights_too + weights_too + inputs_too,
), (
    "The frozen layers still have to compute their maps, on the way "
    "forward."
)
assert step_macs != down + 2 * weights_too, (
    "Who would use the gradient of what the first trained layer reads? "
    "All layers below it are frozen."
)
assert step_macs != down + weights_too, (
    "Going backward, a layer has two gradients to compute: of its "
    "weights, and of what it was given."
)
assert step_macs != 2 * down + weights_too - forward_macs[0], (
    "You let the frozen layers hand on their gradient. Nobody below "
    "waits for it."
)
assert step_macs == down + weights_too + inputs_too, (
    "Not yet. Go through the layers and ask of each: forward? gradient "
    "of the weights? gradient of the input?"
)

# %% hint [markdown]
# A layer can be asked for up to three products: its map, the gradient of its weights, the gradient of its input.
# Each takes as many multiply-adds as the others.

# %% hint [markdown]
# A gradient of the weights is needed for trained layers only.
# A gradient of the input is needed if some layer below is trained.

# %% hint [markdown]
# The first trained layer is the one that needs two of the three.

# %% solution
forward = sum(forward_macs)
of_weights = sum(forward_macs[frozen:])
of_inputs = sum(forward_macs[frozen + 1 :])
step_macs = forward + of_weights + of_inputs

# %% wrong: nothing frozen says="trains everything"
step_macs = 3 * sum(forward_macs) - forward_macs[0]

# %% wrong: no forward pass in frozen layers says="still have to compute"
step_macs = 3 * sum(forward_macs[frozen:]) - forward_macs[frozen]

# %% wrong: a gradient that nobody uses says="Who would use the gradient"
step_macs = sum(forward_macs) + 2 * sum(forward_macs[frozen:])

# %% wrong: one gradient says="two gradients to compute"
step_macs = sum(forward_macs) + sum(forward_macs[frozen:])

# %% wrong: frozen layers hand on says="Nobody below waits"
step_macs = 2 * sum(forward_macs) - forward_macs[0]
step_macs += sum(forward_macs[frozen:])
