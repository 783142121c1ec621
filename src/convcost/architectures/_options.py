"""Checks that every builder makes on its options, so that all complain in the same words."""

from difflib import get_close_matches

from torch import nn


def positive_int(name: str, value: object) -> None:
    """Raise unless an option is a positive whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}; it must be a positive int, such as 64")
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 1")


def true_or_false(name: str, value: object) -> None:
    """Raise unless an option is a bool."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; it must be True or False")


def one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise unless an option is one of a few words."""
    if value not in choices:
        expected = " or ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {value!r}; it must be {expected}")


def nearest(given: str, known: list[str]) -> str:
    """Return the end of a message that offers the nearest match, if one is near."""
    matches = get_close_matches(given.lower(), [one.lower() for one in known], n=1, cutoff=0.5)
    if not matches:
        return ""
    meant = next(one for one in known if one.lower() == matches[0])
    return f"; did you mean {meant!r}?"


def initialize(model: nn.Module) -> None:
    """Draw the weights of all convolutions as He et al. do, so that the network can be trained.

    Linear and batch-norm layers keep PyTorch's own initial values.
    On the meta device there is nothing to draw.

    Notes
    -----
    He et al. 2015, "Delving deep into rectifiers", arXiv 1502.01852, equation 14.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
