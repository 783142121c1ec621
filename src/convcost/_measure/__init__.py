"""How a network is measured: run without values, each operation noted.

meta
    Models that hold no values: built that way, or copied.
trace
    The operations that its forward executes.
shapes
    What the most frequent operators return, from the shapes of their inputs.
map_sizes
    How high and wide the map is that an operation outputs, or that its tokens were cut from.
"""
