"""What the tests of `measure` share: a module made of a function, and the kinds of its rows."""

from torch import nn


class Calls(nn.Module):
    """A module whose forward is the function given."""

    def __init__(self, function, **attributes):
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.function(self, x)


def kinds(cost):
    """List the kinds of a measured network's rows."""
    return [layer.kind for layer in cost.layers]
