"""What counts as an operation: a choice, made explicit, and the choices of other counters by name.

A `Convention` says for each item (multiply-adds, biases, normalization, …) what one step counts.
`price` applies it to one row of `convcost.measure`, so a total adds up from its rows.
A named convention gives its tool's own number, to the unit, on convolutional networks.
Where a tool is wrong rather than of another opinion, the convention does not follow it: its faults
say what the tool counts there instead, and `convcost.faults` by how much that misses.

Left out, since a row does not tell it:

- torchinfo: parameters called weight or bias in modules that are neither torch's own nor named as
  these are, parametrized layers (weight norm);
- ptflops, aten: that the bias of a linear layer is left out where numbers do not lie in one piece;
- ptflops and thop: a module with several places in the network, which counts anew in each;
- ptflops: upsampling by a scale that is no whole number, ``F.upsample``, sums and products of
  tensors with unequally many dimensions, functions imported by their own names, more images than
  one;
- all: recurrent and bilinear layers, unpooling, an input without a batch.
"""

from convcost.conventions._counters import BY_NAME, find
from convcost.conventions._pricing import Convention, Fault, Price, Row, price, total

__all__ = ["CONVENTIONS", "ITEMS", "Convention", "Fault", "Price", "Row", "find", "price", "total"]

CONVENTIONS = BY_NAME
"""What each counter counts, by name; each number is in the tool's own unit.

"macs" and "flops" are this book's. torchvision and fvcore call theirs FLOPs, and count MACs.

:meta hide-value:
"""

ITEMS = (
    "multiply_adds", "attention", "biases", "normalization", "activations", "pooling", "softmax",
    "interpolation", "additions", "multiplications",
)  # fmt: skip
"""What `price` tells apart."""
