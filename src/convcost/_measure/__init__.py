"""How a network is measured: run without values, each operation noted.

meta
    Models that hold no values: built that way, or copied.
watch
    The modes and hooks through which a forward is seen.
trace
    The operations that it executes.
products
    Which operators multiply, and how often.
values
    The tensors that have values nevertheless, and devices.
shapes
    What the most frequent operators return, from the shapes of their inputs.
map_sizes
    How high and wide the map is that an operation outputs, or that its tokens were cut from.
refusals
    Why a forward can't be measured, and what to do.
summary
    torchinfo's tree, corrected.
timing
    How long a forward pass takes: the only one of these that runs a network with values.
"""
