# %% [markdown]
# # When mixed precision pays
#
# A network has {network_params} parameters.
# For each image of a batch it keeps maps of {kept_bytes} bytes, in floats of 32 bits.
# Mixed precision keeps these maps in 16 bits; weights, gradients and the optimizer's state stay as they are, and a copy of the weights in 16 bits comes on top.
# How many images must a batch have, at least, for this to take less memory?


# %% draw
def draw(random):
    kept_bytes = random.randrange(20, 60) * 1_000_000
    times = random.randrange(2, 9) + random.choice([0.3, 0.6])
    return {
        "network_params": round(kept_bytes * times),
        "kept_bytes": kept_bytes,
    }


# %% stub
# network_params and kept_bytes hold the numbers above.
images = ...


# %% tests
def saves(batch):
    return batch * kept_bytes / 2 > 2 * network_params


fewest = next(batch for batch in range(1, 10**6) if saves(batch))
assert images is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert images == int(images), (
    "A batch has whole images. Which is the first whole number that "
    "does it?"
)
assert images != 2 * network_params // kept_bytes + 1, (
    "Check both sides: a number of 16 bits has two bytes, and the maps "
    "are not gone, but half as large."
)
assert images != 8 * network_params // kept_bytes + 1, (
    "You made the copy of the weights as large as the weights "
    "themselves."
)
assert images != network_params // kept_bytes + 1, (
    "You let the maps vanish, and counted the copy in numbers. What "
    "are two bytes for each weight, and what is left of a map?"
)
assert images != fewest - 1, (
    "With that many it still costs a little more than it saves."
)
assert images == fewest, (
    "Not yet. What does one image save, in bytes, and what has to be "
    "paid once?"
)

# %% hint [markdown]
# One thing is paid once, whatever the batch; another is saved for each image.
# What are the two, in bytes?

# %% hint [markdown]
# A copy in 16 bits has two bytes for each parameter.
# Half of `kept_bytes` is saved for each image.

# %% hint [markdown]
# Divide what is paid by what an image saves.
# The next whole number above that is the answer.

# %% solution
paid_once = 2 * network_params
saved_each = kept_bytes / 2
images = paid_once // saved_each + 1

# %% wrong: the maps are gone says="Check both sides"
images = 2 * network_params // kept_bytes + 1

# %% wrong: the copy in 32 bits says="as large as the weights themselves"
images = 4 * network_params // (kept_bytes / 2) + 1

# %% wrong: numbers for bytes says="You let the maps vanish"
images = network_params // kept_bytes + 1

# %% wrong: one image too few says="still costs a little more"
images = 4 * network_params // kept_bytes

# %% wrong: not whole says="whole images"
images = 4 * network_params / kept_bytes
