# %% [markdown]
# # Stage by stage, and in all
#
# Two networks have four stages each.
# Yours takes {yours} million MACs in them, a known one takes {known} million.
# How many times as much work does yours take as the known one?


# %% draw
def draw(random):
    known = [random.randrange(200, 900) for _ in range(4)]
    shares = random.sample([0.4, 0.7, 1.6, 2.9], 4)
    return {
        "yours": [int(m * s) for m, s in zip(known, shares)],
        "known": known,
    }


# %% stub
# yours and known are lists of four.
times = ...


# %% tests
def near(number):
    return abs(times - number) < 1e-6


total = sum(yours) / sum(known)
by_stage = [mine / theirs for mine, theirs in zip(yours, known)]
assert times is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert not near(sum(by_stage) / 4), (
    "You took the mean of four ratios, so a stage that does little "
    "counts as much as one that does the most."
)
assert not near(1 / total), (
    "Upside down: that is how many times the work of yours the known "
    "network takes."
)
assert not near(sum(yours) - sum(known)), (
    "That is a difference, in millions. You were asked how many times."
)
assert not near(sum(by_stage)), (
    "Ratios of parts don't add up to the ratio of the whole."
)
assert near(total), "Not yet. What do both take in all?"

# %% hint [markdown]
# Rows may be added up before they are compared, but not the other way around.

# %% hint [markdown]
# `sum` adds up a list. Yours stands above the line.

# %% solution
times = sum(yours) / sum(known)

# %% wrong: the mean of ratios says="the mean of four ratios"
times = sum(a / b for a, b in zip(yours, known)) / 4

# %% wrong: upside down says="Upside down"
times = sum(known) / sum(yours)

# %% wrong: a difference says="That is a difference"
times = sum(yours) - sum(known)

# %% wrong: the sum of ratios says="don't add up"
times = sum(a / b for a, b in zip(yours, known))
