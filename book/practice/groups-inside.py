# %% [markdown]
# # Groups inside
#
# Write `neck` for a block like ResNeXt's: the 3 × 3 in the middle has groups, the two 1 × 1 layers have none.
# Batch norm is left out.

# %% stub
def grouped_neck(carried, inner, groups):
    """Return the weights of the three layers."""
    ...


# %% tests
from convcost.arithmetic import conv_params

given = grouped_neck(256, 96, 8)
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
outer = 2 * conv_params(256, 96, 1, bias=False)
middle = conv_params(96, 96, 3, bias=False)
assert given != outer + middle, (
    "The groups have no effect yet. How many channels does a filter of "
    "the 3 × 3 read now?"
)
assert given != (outer + middle) / 8, (
    "You divided all three layers. The 1 × 1 ones have no groups: they "
    "have to mix what the groups keep apart."
)
assert given != outer + middle / 64, (
    "Twice divided: each filter reads fewer channels, but there are as "
    "many filters as before."
)
assert given != outer + middle * 8, (
    "Groups save weights. With yours there are more of them."
)
assert given != outer / 2 + middle / 8, (
    "There is a 1 × 1 before the groups, and one after them."
)
assert given == outer + middle / 8, (
    "Not yet. Count the three layers one by one for a small block."
)
assert grouped_neck(256, 64, 1) == 17 * 64**2, (
    "With one group it should be the bottleneck of ResNet-50."
)

# %% hint [markdown]
# Start from `neck` above, and look at the layer in the middle.

# %% hint [markdown]
# A filter of the 3 × 3 reads `inner / groups` channels, and there are `inner` filters.


# %% solution
def grouped_neck(carried, inner, groups):
    middle = 3 * 3 * (inner // groups) * inner
    return 2 * carried * inner + middle


# %% wrong: no groups says="no effect yet"
def grouped_neck(carried, inner, groups):
    return 2 * carried * inner + 9 * inner**2


# %% wrong: all three layers says="divided all three"
def grouped_neck(carried, inner, groups):
    return (2 * carried * inner + 9 * inner**2) // groups


# %% wrong: divided twice says="Twice divided"
def grouped_neck(carried, inner, groups):
    return 2 * carried * inner + 9 * (inner // groups) ** 2


# %% wrong: times the groups says="Groups save weights"
def grouped_neck(carried, inner, groups):
    return 2 * carried * inner + 9 * inner**2 * groups


# %% wrong: one 1 × 1 layer says="and one after them"
def grouped_neck(carried, inner, groups):
    return carried * inner + 9 * inner * (inner // groups)
