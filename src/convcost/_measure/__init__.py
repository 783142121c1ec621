"""How a network is measured: run without values, each operation noted.

meta
    A copy of a model that holds no values.
trace
    The operations that its forward executes.
map_sizes
    Where on the image an operation's output lies.
"""
