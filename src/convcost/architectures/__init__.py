"""Networks by name: torchvision's, those of the papers from our own tables, and a few of timm.

An architecture is data: `vgg`, `resnet`, `resnet_v2`, `cifar` and `nasnet` each hold a table and
its builder; `catalogue` lists what there is.
"""

import re
from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from convcost.architectures import _timm_models, catalogue
from convcost.architectures._options import nearest
from convcost.architectures._torchvision_models import AUXILIARY, torchvision_model
from convcost.architectures.catalogue import names
from convcost.architectures.cifar import cifar_plain_net, cifar_resnet
from convcost.architectures.nasnet import nasnet_mobile
from convcost.architectures.resnet import basic_resnet, bottleneck_resnet, plain_net
from convcost.architectures.resnet_v2 import preactivation_resnet
from convcost.architectures.vgg import vgg

__all__ = ["build", "default_input_size", "label", "names"]

_OURS: dict[str, Callable[..., nn.Module]] = {
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
    "keras/resnet-50-v2": partial(preactivation_resnet, 50),
    "keras/resnet-101-v2": partial(preactivation_resnet, 101),
    "keras/resnet-152-v2": partial(preactivation_resnet, 152),
    "keras/nasnet-mobile": nasnet_mobile,
}

_CIFAR = re.compile(r"cifar/(plain|resnet)-(\d+)")
_CIFAR_IMAGE = 32


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
        "cifar/plain-20", "cifar/resnet-56", any depth of 6n + 2. "keras/…" are networks of Keras's
        table that neither library has: "keras/resnet-50-v2", "-101-v2", "-152-v2" and
        "keras/nasnet-mobile". "timm/…" need the package timm.
    **options
        For all: `num_classes`. For ours: `width`, channels of the first stage (64; CIFAR 16).
        For "paper/…": `head`, "fc" for three linear layers or "gap" for global average pooling and
        one. For VGG: `batch_norm`. For residual networks: `shortcut`, "A", "B" or "C". For the
        bottleneck ones: `stride_in`, "1x1" as in 2015 or "3x3" as in torchvision. For
        "keras/resnet-…": `conv_bias`, for the idle biases that Keras has.
        For torchvision's and timm's: whatever their builders take, but no weights.

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
    ModuleNotFoundError
        If the network is timm's, and timm is not installed.

    Notes
    -----
    Simonyan & Zisserman 2014, arXiv 1409.1556, table 1; He et al. 2015, arXiv 1512.03385, table 1
    and section 4.2; the catalogue names the other papers. The defaults are the papers' own
    networks, with shortcut option "B", which the paper's deeper networks have, for all ResNets of
    table 1, and "A" for CIFAR.
    """
    builder = _builder(name)
    if not _is_ours(name):  # the library judges its own options
        return builder(**options)
    taken = list(signature(builder).parameters)
    for option in options:
        if option not in taken:
            raise TypeError(
                f"{name!r} has no option {option!r}; it takes {', '.join(taken)}"
                f"{nearest(option, taken)}"
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
        (1, 3, height, width): 224 for the networks of the papers, 32 for CIFAR; for the libraries'
        the size of their published weights (the smallest where there are several), such as 299 for
        inception_v3.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    _builder(name)
    listed = {entry.name: entry.image for entry in catalogue.entries()}
    image = listed.get(name, _CIFAR_IMAGE)  # of the CIFAR networks not all depths are listed
    return (1, 3, image, image)


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
    """Say whether a name is of our own tables."""
    return name in _OURS or _CIFAR.fullmatch(name) is not None


def _builder(name: str) -> Callable[..., nn.Module]:
    """Find the builder of a name, or raise with the nearest name."""
    if not isinstance(name, str):
        raise TypeError(
            f"a network's name is a string such as 'resnet50', not {type(name).__name__}"
        )
    if name in _OURS:
        return _OURS[name]
    cifar = _CIFAR.fullmatch(name)
    if cifar:
        make = cifar_resnet if cifar[1] == "resnet" else cifar_plain_net
        return partial(make, int(cifar[2]))
    known = names()
    if name not in known:
        raise ValueError(
            f"there is no network {name!r}; convcost.names() lists them{nearest(name, known)}"
        )
    library = _timm_models.timm_model if name.startswith(_timm_models.PREFIX) else torchvision_model
    return partial(library, name)
