# %% [markdown]
# # Fold it yourself
#
# Take one channel of a trained network: a convolution puts out $w\,x + b$, and the batch norm after it turns a value $v$ into
#
# $$
# \text{scale} \cdot \frac{v - \text{mean}}{\sqrt{\text{variance}}} + \text{shift} .
# $$
#
# (Leave out the small number that is added to the variance.)
# Write a function that returns the weight and the bias of the one convolution that does both.

# %% stub
def folded(w, b, scale, shift, mean, variance):
    """Return the weight and the bias that do the work of both."""
    ...


# %% tests
given = folded(2.0, 1.0, scale=3.0, shift=0.5, mean=4.0, variance=25.0)
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
weight, bias = given


def near(number, other):
    return abs(number - other) < 1e-9


assert not near(weight, 2 * 3 / 25), (
    "You divided by the variance. Values are brought to one size by "
    "its root, the deviation."
)
assert not near(weight, 2 * 3), (
    "The values are divided by their deviation, too, before the scale."
)
assert near(weight, 2 * 3 / 5), (
    "Not yet: the weight is multiplied by one number, made of what the "
    "batch norm has."
)
assert not near(bias, 1.0), (
    "The weight is right. The bias goes through the batch norm as well."
)
assert not near(bias, 1 + 0.5), (
    "The weight is right. The old bias goes through the batch norm: it "
    "is scaled, and the mean is taken from it."
)
assert not near(bias, 1 * 3 / 5 + 0.5), (
    "The weight is right. The mean was not subtracted."
)
assert not near(bias, (1 + 4) * 3 / 5 + 0.5), (
    "The weight is right. The mean is taken away, not added."
)
assert not near(bias, 1 - 4 * 3 / 5 + 0.5), (
    "The weight is right. The batch norm also scales the old bias."
)
assert near(bias, (1 - 4) * 3 / 5 + 0.5), (
    "The weight is right. Put b in place of v, and see what the "
    "batch norm turns it into."
)
again = folded(
    -1.0, 0.0, scale=2.0, shift=-1.0, mean=-3.0, variance=4.0
)
assert list(map(round, again)) == [-1, 2], (
    "Right for one channel, wrong for another."
)

# %% hint [markdown]
# Put $w\,x + b$ in place of $v$, and collect what multiplies $x$ and what does not.

# %% hint [markdown]
# What multiplies $x$ is $w$ times one number, $\text{scale} / \sqrt{\text{variance}}$.
# The same number is in the rest.

# %% hint [markdown]
# The rest, without $x$, is what the batch norm turns the value $b$ into.


# %% solution
def folded(w, b, scale, shift, mean, variance):
    factor = scale / variance**0.5
    return w * factor, (b - mean) * factor + shift


# %% wrong: the variance for its root says="You divided by the variance"
def folded(w, b, scale, shift, mean, variance):
    factor = scale / variance
    return w * factor, (b - mean) * factor + shift


# %% wrong: no deviation says="before the scale"
def folded(w, b, scale, shift, mean, variance):
    return w * scale, (b - mean) * scale + shift


# %% wrong: the old bias says="goes through the batch norm as well"
def folded(w, b, scale, shift, mean, variance):
    return w * scale / variance**0.5, b


# %% wrong: the shift alone says="the mean is taken from it"
def folded(w, b, scale, shift, mean, variance):
    return w * scale / variance**0.5, b + shift


# %% wrong: no mean says="was not subtracted"
def folded(w, b, scale, shift, mean, variance):
    factor = scale / variance**0.5
    return w * factor, b * factor + shift


# %% wrong: the mean added says="not added"
def folded(w, b, scale, shift, mean, variance):
    factor = scale / variance**0.5
    return w * factor, (b + mean) * factor + shift


# %% wrong: the bias not scaled says="also scales the old bias"
def folded(w, b, scale, shift, mean, variance):
    factor = scale / variance**0.5
    return w * factor, b - mean * factor + shift
