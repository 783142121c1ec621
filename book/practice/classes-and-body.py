# %% [markdown]
# # When the head wins again
#
# A pooled head has one linear layer, with biases, on {channels} averaged maps.
# The body before it holds {body_params} parameters.
# With few classes the head is next to nothing.
# How many classes does it take for the head to hold more than the body?


# %% draw
def draw(random):
    return {
        "channels": random.choice([320, 512, 1024, 1280, 2048]),
        "body_params": random.randrange(2_000_000, 25_000_000),
    }


# %% stub
# channels and body_params hold the numbers above.
classes = ...

# %% tests
from convcost.arithmetic import linear_params

exact = body_params / linear_params(channels, 1)
fewest = int(exact) + 1
assert classes is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert classes != exact, (
    "Classes come whole. Which whole number is the first?"
)
assert classes != fewest - 1, (
    "With that many classes the body still holds more, or as much."
)
assert classes != body_params // channels + 1, (
    "Nearly: each class has a bias, too."
)
assert classes != body_params // (49 * channels) + 1, (
    "That head would flatten. An average leaves one value of each map."
)
assert classes == fewest, (
    "Not yet. How many parameters does one more class bring?"
)

# %% hint [markdown]
# How many parameters does the head get for each class?

# %% hint [markdown]
# A weight for each of the averaged maps, and a bias.
# How many times does that go into the body's parameters?

# %% solution
for_a_class = channels + 1
classes = body_params // for_a_class + 1

# %% wrong: no biases says="each class has a bias"
classes = body_params // channels + 1

# %% wrong: not whole says="Classes come whole"
classes = body_params / (channels + 1)

# %% wrong: one class too few says="the body still holds more"
classes = body_params // (channels + 1)

# %% wrong: a head that flattens says="That head would flatten"
classes = body_params // (49 * channels) + 1
