# %% [markdown]
# # How many epochs?
#
# An epoch shows each of {images} images once, in batches of {batch}; the last batch takes what is left.
# Each batch is one training step.
# How many epochs do you need for at least {wanted_steps} steps?


# %% draw
def draw(random):
    batch = random.choice([32, 48, 64])
    full = random.randrange(5, 12)
    return {
        "images": batch * full + random.randrange(3, 30),
        "batch": batch,
        "wanted_steps": random.randrange(9000, 30000),
    }


# %% stub
# images, batch and wanted_steps hold the numbers above.
epochs = ...

# %% tests
steps = len(range(0, images, batch))
enough = next(n for n in range(1, 10**5) if n * steps >= wanted_steps)
floored = next(
    n for n in range(1, 10**5) if n * (steps - 1) >= wanted_steps
)
assert epochs is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert epochs == int(epochs), (
    "Every epoch is finished. How many whole ones does it take?"
)
assert epochs not in (floored, floored - 1), (
    "The images that are left over make a batch, too, and so a step."
)
assert epochs != enough - 1, (
    "That is some steps too few: you need one more epoch."
)
assert epochs not in (
    -(-wanted_steps // images),
    wanted_steps // images,
), "A step takes a whole batch, not a single image."
assert epochs == enough, "Not yet. How many steps does one epoch have?"

# %% hint [markdown]
# How many batches does an epoch have, including the last, smaller one?

# %% hint [markdown]
# You have to round up twice.
# `math.ceil(a / b)` does it, or `-(-a // b)`.

# %% solution
from math import ceil

steps_in_one = ceil(images / batch)
epochs = ceil(wanted_steps / steps_in_one)

# %% wrong: the last batch is left out says="make a batch, too"
epochs = -(-wanted_steps // (images // batch))

# %% wrong: rounded down says="some steps too few"
epochs = wanted_steps // -(-images // batch)

# %% wrong: a step for each image says="not a single image"
epochs = -(-wanted_steps // images)

# %% wrong: not whole says="How many whole ones"
epochs = wanted_steps / -(-images // batch) + 0.001
