# %% [markdown]
# # Where half of it is done
#
# Write a function that takes a network's costs, layer by layer from the image on, and returns after how many layers at least a given share of them is spent.

# %% before
# VGG-16, in millions of multiply-adds, the linear layers last.
vgg16_macs = [
    *(87, 1850, 925, 1850, 925, 1850, 1850, 925, 1850, 1850),
    *(462, 462, 462, 103, 17, 4),
]


# %% stub
def layers_until(costs, share=0.5):
    """Return the smallest number of layers that spend that share."""
    ...


# %% tests
given = layers_until([10, 10, 60, 10, 10])
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
assert given != 2, (
    "You returned a position. Layer number 2, counted from 0, is the "
    "third one."
)
assert given != 60, (
    "That is what the layer costs. After how many layers is it spent?"
)
assert given == 3, (
    "Not yet. Add up [10, 10, 60, 10, 10] from the left, and say after "
    "how many numbers you have half of the sum."
)
assert layers_until([1, 1, 1, 97], 0.5) == 4, (
    "You took half of the layers. The last of these four does nearly "
    "all of the work."
)
assert layers_until([25, 25, 50], 0.5) == 2, (
    "After two layers exactly half is spent, and that is enough: at "
    "least the share."
)
assert layers_until(vgg16_macs, 0.9) == 10, (
    "Right for a half. Does your function use the share that it is "
    "given?"
)

# %% hint [markdown]
# You need the sum of all first: only then do you know how much a share of it is.

# %% hint [markdown]
# Go through the costs with a running sum, and stop where it reaches the share.

# %% hint [markdown]
# `for number, cost in enumerate(costs, start=1):` counts the layers from 1.


# %% solution
def layers_until(costs, share=0.5):
    spent = 0
    for number, cost in enumerate(costs, start=1):
        spent += cost
        if spent >= share * sum(costs):
            return number


# %% wrong: a position says="You returned a position"
def layers_until(costs, share=0.5):
    spent = 0
    for number, cost in enumerate(costs):
        spent += cost
        if spent >= share * sum(costs):
            return number


# %% wrong: its cost says="what the layer costs"
def layers_until(costs, share=0.5):
    spent = 0
    for cost in costs:
        spent += cost
        if spent >= share * sum(costs):
            return cost


# %% wrong: half of the layers says="half of the layers"
def layers_until(costs, share=0.5):
    return -(-len(costs) // 2)


# %% wrong: more than the share says="that is enough"
def layers_until(costs, share=0.5):
    spent = 0
    for number, cost in enumerate(costs, start=1):
        spent += cost
        if spent > share * sum(costs):
            return number


# %% wrong: half in any case says="use the share"
def layers_until(costs, share=0.5):
    spent = 0
    for number, cost in enumerate(costs, start=1):
        spent += cost
        if spent >= 0.5 * sum(costs):
            return number
