# %% [markdown]
# # What checkpoints hold
#
# With checkpoints, a network keeps what goes into each of its stages, and nothing else.
# In the backward pass the last stage comes first: it computes again what it needs, `inside[-1]` bytes, and when it is done that is dropped, together with what went into it, `goes_in[-1]` bytes.
# Then comes the stage before it.
# Write a function that returns how many bytes are held at the most, gradients left out.

# %% stub
def most_held(goes_in, inside):
    """Return the largest number of bytes held; both lists begin
    with the first stage."""
    ...


# %% tests
given = most_held([10, 40, 20, 5], [70, 60, 20, 10])
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
assert given != 75 + 160, (
    "That is a network without checkpoints: it keeps everything at "
    "once."
)
assert given != 75 + 70, (
    "When the stage that needs most has its turn, the stages after it "
    "are done. What went into those is dropped by then."
)
assert given != 70, (
    "A stage that computes again starts from what went into it. That, "
    "and what went into the stages before it, is held as well."
)
assert given != 75 + 10, (
    "That is the moment of the last stage. Another one may hold more."
)
assert given != 40 + 60, (
    "The stages before have not had their turn yet, so what goes into "
    "them is there, too."
)
assert given == 110, (
    "Not yet. Write down what is held in each stage's turn, from the "
    "last stage to the first, for this case: goes_in = [10, 40, 20, "
    "5], inside = [70, 60, 20, 10]."
)
assert most_held([1, 1], [9, 2]) == 10, (
    "Right for one network, wrong for another: the first stage may be "
    "the one that holds most."
)

# %% hint [markdown]
# Take the turn of one stage.
# What is held then: which of the `goes_in`, which of the `inside`?

# %% hint [markdown]
# In the turn of stage `n`, counted from 0, it is `inside[n]`, and what went into this stage and all before it.

# %% hint [markdown]
# `sum(goes_in[: n + 1])` adds up the first ones.
# You want the largest over all stages.


# %% solution
def most_held(goes_in, inside):
    turns = range(len(inside))
    return max(sum(goes_in[: n + 1]) + inside[n] for n in turns)


# %% wrong: no checkpoints says="keeps everything at once"
def most_held(goes_in, inside):
    return sum(goes_in) + sum(inside)


# %% wrong: all checkpoints stay says="is dropped by then"
def most_held(goes_in, inside):
    return sum(goes_in) + max(inside)


# %% wrong: the stage alone says="starts from what went into it"
def most_held(goes_in, inside):
    return max(inside)


# %% wrong: the last stage says="the moment of the last stage"
def most_held(goes_in, inside):
    return sum(goes_in) + inside[-1]


# %% wrong: its own input alone says="have not had their turn yet"
def most_held(goes_in, inside):
    return max(map(sum, zip(goes_in, inside)))


# %% wrong: a number for a formula says="wrong for another"
def most_held(goes_in, inside):
    return sum(goes_in[:2]) + inside[1]
