# %% [markdown]
# # Tie the weights
#
# At one position a block was given the values `given_x` and has computed the values `computed`.
# The next layer multiplies what it reads by its weights and sums the products, as `dot` does.
# If the two are added, it reads their sum, with the weights `weights`.
# If they are laid side by side, `computed` first, which weights give the same result?

# %% before
computed, given_x = [2, -1, 3], [5, 4, -2]
weights = [0.5, 1.5, -1.0]
added = [one + other for one, other in zip(computed, given_x)]


def dot(values, weights):
    return sum(v * w for v, w in zip(values, weights, strict=True))


# %% stub
both_weights = ...

# %% tests
assert both_weights is not ..., (
    "Put a list of weights in place of the dots."
)
side_by_side = computed + given_x
assert len(both_weights) != len(weights), (
    "Laid side by side there are twice as many values, and each needs "
    "a weight of its own."
)
assert both_weights != [
    2 * weight for weight in weights for _ in (0, 1)
], "You doubled the weights, and the number of them."
assert both_weights != [weight for weight in weights for _ in (0, 1)], (
    "The right weights, in another order: all of `computed` comes "
    "first, and then all of `given_x`."
)
assert both_weights != weights + [0] * len(weights), (
    "Then the layer would not see what the block was given."
)
assert dot(side_by_side, both_weights) == dot(added, weights), (
    "Not yet. Write the sum of products out for the added values, and "
    "see which products it is made of."
)
assert both_weights == weights + weights, (
    "The result is right for these values, but would not be for others."
)

# %% hint [markdown]
# $W\,(F(x) + x) = W\,F(x) + W\,x$: which weight does each value meet?

# %% hint [markdown]
# The first value of `computed` and the first of `given_x` meet the same weight.
# Lists can be added: `[1, 2] + [3]` is `[1, 2, 3]`.

# %% solution
both_weights = weights + weights

# %% wrong: as many as before says="twice as many values"
both_weights = [2 * weight for weight in weights]

# %% wrong: value by value says="in another order"
both_weights = [weight for weight in weights for _ in range(2)]

# %% wrong: zeros for what was given says="would not see"
both_weights = [*weights, 0, 0, 0]

# %% wrong: one weight that fits says="would not be for others"
both_weights = [0, 0, dot(added, weights) / 3, 0, 0, 0]
