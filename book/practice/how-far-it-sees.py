# %% [markdown]
# # How far it sees
#
# Write the sum above as a function.
# It gets the layers from the image on, each as a pair of kernel and stride, and returns how many pixels high the part of the image is that one value on top depends on.

# %% stub
def field_of(layers):
    """Return the side of the receptive field, in pixels."""
    ...


# %% tests
from convcost.arithmetic import receptive_field

given = field_of([(3, 1), (2, 2), (3, 1), (5, 2)])
assert given is not None, (
    "Your function hands nothing back yet: end it with return."
)
assert given != 15, (
    "You forgot the pixel that you start from: a value without any "
    "layer sees one."
)
assert given != 10, (
    "Behind a stride, a step on the map is a step of several pixels. "
    "You counted each step as one."
)
assert given != 25, (
    "A stride counts for the layers behind it, and not for its own."
)
assert given not in (21, 22), (
    "Neighboring windows overlap: a layer adds one less than its "
    "kernel."
)
assert given != 32, (
    "The last stride has nobody behind it, and does not make the field "
    "larger."
)
assert given == 16, (
    "Not yet. By hand for [(3, 1), (2, 2), (3, 1), (5, 2)]: what does "
    "each layer add?"
)
deeper = [(7, 2), (3, 2), (3, 1), (3, 2), (3, 1)]
assert field_of(deeper) == receptive_field(deeper), (
    "Right for one stack, wrong for another with more strides: they "
    "multiply."
)

# %% hint [markdown]
# Begin with one pixel, and go through the layers.
# What does a layer add while no stride has come yet?

# %% hint [markdown]
# Keep a second number beside the field: how many pixels a step on the present map is.
# It begins with 1.

# %% hint [markdown]
# A layer adds `(kernel - 1) * step` to the field.
# Only then does its stride multiply `step`.


# %% solution
def field_of(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


# %% wrong: no first pixel says="the pixel that you start from"
def field_of(layers):
    field, step = 0, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


# %% wrong: no strides says="counted each step as one"
def field_of(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


# %% wrong: its own stride says="and not for its own"
def field_of(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        field += (kernel - 1) * step
    return field


# %% wrong: the whole kernel says="one less than its kernel"
def field_of(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += kernel * step
        step *= stride
    return field


# %% wrong: only the last stride says="they multiply"
def field_of(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step = max(step, stride)
    return field
