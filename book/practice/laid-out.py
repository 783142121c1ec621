# %% [markdown]
# # What is laid out
#
# In a stage of {layers} layers that concatenate, {channels} channels come in and each layer adds {growth}, all on maps of {side} × {side}.
# Each layer gets its whole input in one piece, in floats of 4 bytes, though most of it was there before.
# How many bytes do all these inputs take together, for one image?


# %% draw
def draw(random):
    return {
        "layers": random.choice([6, 12, 16, 24]),
        "channels": random.choice([64, 128, 256]),
        "growth": random.choice([12, 24, 40]),
        "side": random.choice([7, 14, 28]),
    }


# %% stub
# layers, channels, growth and side hold the numbers above.
input_bytes = ...

# %% tests
place = 4 * side * side
inputs = [channels + layer * growth for layer in range(layers)]
assert input_bytes is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert input_bytes * 4 != place * sum(inputs), (
    "That is how many numbers there are. Each takes 4 bytes."
)
assert input_bytes != place * (sum(inputs) + growth * layers), (
    "Those are what the layers pass on. The first one reads only the "
    "channels that came in."
)
assert input_bytes != place * (channels + growth * layers), (
    "That is the last map alone. Each layer has an input of its own."
)
assert input_bytes != place * (channels + growth) * layers, (
    "You let all layers read the same. Each also reads what every "
    "layer before it has added."
)
assert input_bytes * side != place * sum(inputs), (
    "A map has a height and a width."
)
assert input_bytes == place * sum(inputs), (
    "Not yet. How many channels does the first layer read, the second, "
    "the last?"
)

# %% hint [markdown]
# Layer $l$, counted from 0, reads `channels + l * growth` channels.

# %% hint [markdown]
# Add them up for all layers: `sum(... for l in range(layers))`.
# How many bytes is one channel?

# %% solution
channels_read = sum(channels + n * growth for n in range(layers))
input_bytes = channels_read * side**2 * 4

# %% wrong: numbers for bytes says="how many numbers there are"
input_bytes = (
    sum(channels + n * growth for n in range(layers)) * side**2
)

# %% wrong: counted from 1 says="what the layers pass on"
channels_read = sum(channels + n * growth for n in range(1, layers + 1))
input_bytes = channels_read * side**2 * 4

# %% wrong: the last map says="the last map alone"
input_bytes = (channels + layers * growth) * side**2 * 4

# %% wrong: all alike says="read the same"
input_bytes = (channels + growth) * layers * side**2 * 4

# %% wrong: one direction says="a height and a width"
input_bytes = (
    sum(channels + n * growth for n in range(layers)) * side * 4
)
