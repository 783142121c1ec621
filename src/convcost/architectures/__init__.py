"""Networks by name: torchvision's, and those of the VGG and ResNet papers from our own tables.

An architecture is data: `vgg`, `resnet` and `cifar` each hold a table and its builder.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from convcost.architectures._torchvision_models import (
    AUXILIARY,
    torchvision_input_size,
    torchvision_model,
    torchvision_names,
)
from convcost.architectures.cifar import cifar_plain_net, cifar_resnet
from convcost.architectures.resnet import basic_resnet, bottleneck_resnet, plain_net
from convcost.architectures.vgg import vgg

__all__ = ["build", "default_input_size", "label", "names"]

_PAPER: dict[str, Callable[..., nn.Module]] = {
    "paper/vgg-a": partial(vgg, "a"),
    "paper/vgg-a-lrn": partial(vgg, "a-lrn"),
    "paper/vgg-b": partial(vgg, "b"),
    "paper/vgg-c": partial(vgg, "c"),
    "paper/vgg-d": partial(vgg, "d"),
    "paper/vgg-e": partial(vgg, "e"),
    "paper/plain-18": partial(plain_net, 18),
    "paper/plain-34": partial(plain_net, 34),
    "paper/resnet-18": partial(basic_resnet, 18),
    "paper/resnet-34": partial(basic_resnet, 34),
    "paper/resnet-50": partial(bottleneck_resnet, 50),
    "paper/resnet-101": partial(bottleneck_resnet, 101),
    "paper/resnet-152": partial(bottleneck_resnet, 152),
}

_CIFAR = re.compile(r"cifar/(plain|resnet)-(\d+)")
_CIFAR_DEPTHS = {"plain": (20, 32, 44, 56, 110), "resnet": (20, 32, 44, 56, 110, 1202)}
"""The depths of the paper's tables and figures; `build` makes any of 6n + 2."""


def names() -> list[str]:
    """Name the networks that `build` knows.

    Returns
    -------
    list of str
        Ours, ``paper/…`` and ``cifar/…``, then torchvision's 80 classification networks. Of the
        CIFAR networks the depths of the paper; `build` takes any ``cifar/resnet-N`` and
        ``cifar/plain-N`` with N = 6n + 2.
    """
    cifar = [f"cifar/{kind}-{depth}" for kind in _CIFAR_DEPTHS for depth in _CIFAR_DEPTHS[kind]]
    return [*_PAPER, *cifar, *torchvision_names()]


def build(name: str, **options: Any) -> nn.Module:
    """Build a network from its name, with fresh weights.

    Under ``with torch.device("meta")`` every one of them is built without memory for its weights.

    Parameters
    ----------
    name : str
        A bare name is torchvision's network with ``weights=None``: "resnet50". googlenet and
        inception_v3 come without their auxiliary heads unless ``aux_logits=True`` is given.
        "paper/…" and "cifar/…" are built from our own tables: "paper/vgg-a", "-a-lrn", "-b", "-c",
        "-d", "-e"; "paper/resnet-18", "-34", "-50", "-101", "-152"; "paper/plain-18", "-34";
        "cifar/plain-20", "cifar/resnet-56", any depth of 6n + 2.
    **options
        For all: `num_classes`. For ours: `width`, channels of the first stage (64; CIFAR 16).
        For "paper/…": `head`, "fc" for three linear layers or "gap" for global average pooling and
        one. For VGG: `batch_norm`. For residual networks: `shortcut`, "A", "B" or "C". For the
        bottleneck ones: `stride_in`, "1x1" as in 2015 or "3x3" as in torchvision.
        For torchvision's: whatever its builder takes, but no weights.

    Returns
    -------
    torch.nn.Module
        In training mode, on the present default device.

    Raises
    ------
    ValueError
        If there is no such name (the message has the nearest), or an option has a value that it
        does not take.
    TypeError
        If the name is not a string, or the network has no such option.

    Notes
    -----
    Simonyan & Zisserman 2014, arXiv 1409.1556, table 1; He et al. 2015, arXiv 1512.03385, table 1
    and section 4.2. The defaults are the papers' own networks, with shortcut option "B", which the
    paper's deeper networks have, for all ResNets of table 1, and "A" for CIFAR.
    """
    builder = _builder(name)
    if not _is_ours(name):
        return builder(**options)
    taken = list(signature(builder).parameters)
    for option in options:
        if option not in taken:
            raise TypeError(
                f"{name!r} has no option {option!r}; it takes {', '.join(taken)}"
                f"{_nearest(option, taken)}"
            )
    return builder(**options)


def default_input_size(name: str) -> tuple[int, int, int, int]:
    """Return the shape of one image of the size that a network is meant for.

    Parameters
    ----------
    name : str
        A name that `build` takes.

    Returns
    -------
    tuple of int
        (1, 3, height, width): 224 for the networks of the papers, 32 for CIFAR; for torchvision's
        the size of their published weights (the smallest where there are several), such as 299 for
        inception_v3.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    _builder(name)
    if name.startswith("cifar/"):
        in_size = 32
    else:
        in_size = 224 if _is_ours(name) else torchvision_input_size(name)
    return (1, 3, in_size, in_size)


def label(name: str, **options: Any) -> str:
    """Return the name and options of a network in one line, for tables and charts.

    Parameters
    ----------
    name : str
        A name that `build` takes.
    **options
        Options of `build`.

    Returns
    -------
    str
        The name, then in parentheses whether auxiliary heads are in, for the networks that have
        some, and the options given: "paper/vgg-d (head=gap)".

    Raises
    ------
    ValueError
        If there is no such name.

    Examples
    --------
    >>> label("googlenet")
    'googlenet (without auxiliary heads)'
    """
    _builder(name)
    notes = []
    if name in AUXILIARY:
        with_heads = options.get("aux_logits", False)
        notes.append("with auxiliary heads" if with_heads else "without auxiliary heads")
    notes += [f"{key}={value}" for key, value in options.items() if key != "aux_logits"]
    return f"{name} ({', '.join(notes)})" if notes else name


def _is_ours(name: str) -> bool:
    """Say whether a name is of our own tables; torchvision's have no slash."""
    return "/" in name


def _builder(name: str) -> Callable[..., nn.Module]:
    """Find the builder of a name, or raise with the nearest name."""
    if not isinstance(name, str):
        raise TypeError(
            f"a network's name is a string such as 'resnet50', not {type(name).__name__}"
        )
    if name in _PAPER:
        return _PAPER[name]
    cifar = _CIFAR.fullmatch(name)
    if cifar:
        make = cifar_resnet if cifar[1] == "resnet" else cifar_plain_net
        return partial(make, int(cifar[2]))
    if not _is_ours(name) and name in torchvision_names():
        return partial(torchvision_model, name)
    raise ValueError(
        f"there is no network {name!r}; convcost.names() lists them{_nearest(name, names())}"
    )


def _nearest(given: str, known: list[str]) -> str:
    """Return the end of a message that offers the nearest match, if one is near."""
    matches = get_close_matches(given.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else ""
