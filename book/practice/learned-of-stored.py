# %% [markdown]
# # Stored, and learned
#
# A file holds {stored} numbers, the weights of a network and all that its batch norms keep, leaving out their counters of batches.
# The network is a chain of convolutions that put out {widths} channels, without biases, with a batch norm after each.
# How many of the numbers were learned?


# %% draw
def draw(random):
    first = 8 * random.randrange(2, 9)
    widths = [first, 2 * first, 2 * first, 4 * first]
    weights = sum(9 * i * o for i, o in zip([3, *widths], widths))
    return {"stored": weights + 4 * sum(widths), "widths": widths}


# %% stub
# stored is a number, widths a list of four.
learned = ...

# %% tests
from convcost.arithmetic import batch_norm_buffers

kept_only = sum(batch_norm_buffers(width) for width in widths)
assert learned is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert learned != stored, (
    "Some of what is stored was never moved by a gradient. Which two "
    "numbers does a batch norm take from the images themselves?"
)
assert learned != stored - 2 * kept_only, (
    "You took the whole batch norm away. Of its four numbers for a "
    "channel, some are learned."
)
assert learned != stored - kept_only // 2, (
    "A batch norm keeps a mean for each channel, and something besides "
    "it."
)
assert learned != stored + kept_only, (
    "You added. The file already has everything in it."
)
assert learned == stored - kept_only, (
    "Not yet. Take one batch norm of 10 channels: how many of its "
    "numbers are learned, and how many only kept?"
)

# %% hint [markdown]
# How many numbers does a batch norm store for a channel, and which of them does it learn?

# %% hint [markdown]
# The running mean and the running variance are stored but not learned.
# For how many channels, in all?

# %% solution
learned = stored - 2 * sum(widths)

# %% wrong: all that is stored says="never moved by a gradient"
learned = stored

# %% wrong: the norms taken out says="the whole batch norm"
learned = stored - 4 * sum(widths)

# %% wrong: one statistic says="something besides it"
learned = stored - sum(widths)

# %% wrong: added says="You added"
learned = stored + 2 * sum(widths)
