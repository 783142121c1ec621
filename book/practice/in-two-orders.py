# %% [markdown]
# # In two orders
#
# A network that begins on the large map and flattens in its head holds {as_it_is} parameters.
# With a stem that makes the map small it has {only_stem}, with a head that averages {only_pooled}, and with both {with_both}.
# Exchange the stem first and then the head, and you see two savings; go the other way around, and you see two others.
# Give both pairs, in the order in which you see them.


# %% draw
def draw(random):
    body, hidden = random.randrange(12, 25) * 1_000_000, 4096
    channels = random.choice([256, 384, 512])
    rest = hidden * hidden + hidden + hidden * 1000 + 1000
    return {
        "as_it_is": body + (49 * channels + 1) * hidden + rest,
        "only_stem": body + (channels + 1) * hidden + rest,
        "only_pooled": body + (channels + 1) * 1000,
        "with_both": body + (channels + 1) * 1000 + 12_800,
    }


# %% stub
# as_it_is, only_stem, only_pooled and with_both hold the numbers above.
stem_first = ..., ...  # what the stem saves, then what the head does
head_first = ..., ...  # what the head saves, then what the stem does

# %% tests
assert ... not in (*stem_first, *head_first), (
    "Put your four numbers, or formulas for them, in place of the dots."
)
assert stem_first != (only_stem, with_both), (
    "Those are the parameters that are left. What is saved is a "
    "difference."
)
assert stem_first[1] != as_it_is - only_pooled, (
    "When the head comes second, the stem is there already. Which "
    "network does it save from?"
)
assert sum(stem_first) >= 0, (
    "What was there before, minus what is left: so a saving is above "
    "zero."
)
assert stem_first == (as_it_is - only_stem, only_stem - with_both), (
    "Not yet. Walk from the network as it is to the one with the stem, "
    "and from there to the one with both."
)
assert head_first != stem_first[::-1], (
    "The other way around is another walk: it passes through the "
    "network with the head alone."
)
assert head_first == (
    as_it_is - only_pooled,
    only_pooled - with_both,
), (
    "The first pair is right. The second walk goes by way of the "
    "network with the pooled head alone; its last step may cost a "
    "little."
)

# %% hint [markdown]
# Draw the four networks as the corners of a square.
# Each order is a way from one corner to the opposite one.

# %% hint [markdown]
# Each step saves what the corner that it leaves has more than the corner that it reaches.

# %% solution
stem_first = as_it_is - only_stem, only_stem - with_both
head_first = as_it_is - only_pooled, only_pooled - with_both

# %% wrong: what is left says="the parameters that are left"
stem_first = only_stem, with_both
head_first = only_pooled, with_both

# %% wrong: both from the start says="the stem is there already"
stem_first = as_it_is - only_stem, as_it_is - only_pooled
head_first = as_it_is - only_pooled, as_it_is - only_stem

# %% wrong: the sign says="a saving is above zero"
stem_first = only_stem - as_it_is, with_both - only_stem
head_first = only_pooled - as_it_is, with_both - only_pooled

# %% wrong: one pair turned around says="is another walk"
stem_first = as_it_is - only_stem, only_stem - with_both
head_first = only_stem - with_both, as_it_is - only_stem
