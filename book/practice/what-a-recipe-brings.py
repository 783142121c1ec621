# %% [markdown]
# # What a recipe brings
#
# `top1` holds accuracies, in percent, by network and recipe, but not every network was trained by both.
# What does the new recipe bring, on average, over the networks for which the question has an answer?

# %% before
top1 = {
    ("small", "simple"): 70.0,
    ("small", "new"): 72.5,
    ("large", "simple"): 76.0,
    ("large", "new"): 80.5,
    ("older", "simple"): 62.0,
    ("newest", "new"): 84.0,
}

# %% stub
gain = ...  # in points

# %% tests
gains = [72.5 - 70.0, 80.5 - 76.0]
by_recipe = {
    kind: [
        accuracy for (_, used), accuracy in top1.items() if used == kind
    ]
    for kind in ("simple", "new")
}
apart = sum(by_recipe["new"]) / 3 - sum(by_recipe["simple"]) / 3
assert gain is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert abs(gain - apart) > 1e-9, (
    "You compared all new ones with all simple ones. Those are not the "
    "same networks, so architecture is in your number, too."
)
assert abs(gain + sum(gains) / len(gains)) > 1e-9, (
    "The sign is wrong: what the new recipe brings is new minus simple."
)
assert abs(gain - sum(gains)) > 1e-9, (
    "That is the sum. Take the average."
)
assert abs(gain - sum(gains) / 4) > 1e-9, (
    "You divided by all networks. For how many do you know the gain?"
)
assert abs(gain - 22) > 1e-9, (
    "You took the best new one and the worst simple one: two things "
    "changed at once, and you chose the pair."
)
assert abs(gain - sum(gains) / len(gains)) < 1e-9, (
    "Not yet. Which networks have both accuracies?"
)

# %% hint [markdown]
# Change one thing at a time: compare a network with itself.

# %% hint [markdown]
# Two networks have both recipes.
# Take each one's gain, and the mean of the two.

# %% solution
gains_of_pairs = [
    accuracy - top1[name, "simple"]
    for (name, recipe), accuracy in top1.items()
    if recipe == "new" and (name, "simple") in top1
]
gain = sum(gains_of_pairs) / len(gains_of_pairs)

# %% wrong: not the same networks says="architecture is in your number"
gain = (72.5 + 80.5 + 84.0) / 3 - (70.0 + 76.0 + 62.0) / 3

# %% wrong: the sign says="The sign is wrong"
gain = ((70.0 - 72.5) + (76.0 - 80.5)) / 2

# %% wrong: the sum says="That is the sum"
gain = (72.5 - 70.0) + (80.5 - 76.0)

# %% wrong: divided by all says="divided by all networks"
gain = ((72.5 - 70.0) + (80.5 - 76.0)) / 4

# %% wrong: best against worst says="you chose the pair"
gain = 84.0 - 62.0
