"""Networks by name: torchvision's, those of the papers from our own tables, and a few of timm.

An architecture is data: `vgg`, `resnet`, `resnet_v2`, `cifar` and `nasnet` each hold a table and
its builder; `catalogue` lists what there is, and which builder makes it.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

from torch import nn

from convcost.architectures import _timm_models, catalogue
from convcost.architectures._options import nearest
from convcost.architectures._torchvision_models import AUXILIARY, torchvision_model
from convcost.architectures.catalogue import names
from convcost.architectures.resnet import ResNet
from convcost.architectures.vgg import vgg_network
from convcost.arithmetic.networks import NetworkSpec

__all__ = ["build", "default_input_size", "label", "names"]


def build(name: str | NetworkSpec, **options: Any) -> nn.Module:
    """Build a network from its name or its description, with fresh weights.

    Under ``with torch.device("meta")`` every one of them is built without memory for its weights.

    Parameters
    ----------
    name : str or NetworkSpec
        A bare name is torchvision's network with ``weights=None``: "resnet50". googlenet and
        inception_v3 come without their auxiliary heads unless ``aux_logits=True`` is given.
        "paper/…" and "cifar/…" are built from our own tables: "paper/vgg-a", "-a-lrn", "-b", "-c",
        "-d", "-e"; "paper/resnet-18", "-34", "-50", "-101", "-152"; "paper/plain-18", "-34";
        "cifar/plain-20", "cifar/resnet-56", any depth of 6n + 2. "keras/…" are networks of Keras's
        table that neither library has: "keras/resnet-50-v2", "-101-v2", "-152-v2" and
        "keras/nasnet-mobile". "timm/…" need the package timm. A `NetworkSpec` describes any
        network of VGG's or ResNet's kind.
    **options
        For all names: `num_classes`. For ours: `width`, channels of the first stage (64; CIFAR 16).
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
        If the name is not a string, or the network has no such option; a description has all of
        its own.
    ModuleNotFoundError
        If the network is timm's, and timm is not installed.

    Notes
    -----
    Simonyan & Zisserman 2014, arXiv 1409.1556, table 1; He et al. 2015, arXiv 1512.03385, table 1
    and section 4.2; the catalogue names the other papers. The defaults are the papers' own
    networks, with shortcut option "B", which the paper's deeper networks have, for all ResNets of
    table 1, and "A" for CIFAR.
    """
    if isinstance(name, NetworkSpec):
        if options:
            raise TypeError(
                f"got {', '.join(options)} beside a NetworkSpec; put it into the spec: "
                "dataclasses.replace(spec, …)"
            )
        return vgg_network(name) if name.family == "vgg" else ResNet(name)
    entry = catalogue.find(name)
    builder = _builder(entry)
    if not entry.builder:  # the library judges its own options
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
    image = catalogue.find(name).image
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
    catalogue.find(name)
    notes = []
    if name in AUXILIARY:
        with_heads = options.get("aux_logits", False)
        notes.append("with auxiliary heads" if with_heads else "without auxiliary heads")
    notes += [f"{key}={value}" for key, value in options.items() if key != "aux_logits"]
    return f"{name} ({', '.join(notes)})" if notes else name


def _builder(entry: catalogue.Entry) -> Callable[..., nn.Module]:
    """Find what builds a network of the catalogue."""
    if not entry.builder:
        library = _timm_models.timm_model if entry.source == "timm" else torchvision_model
        return partial(library, entry.name)
    module, function = entry.builder.split(".")
    build_one: Callable[..., nn.Module] = getattr(import_module(f"{__name__}.{module}"), function)
    if not entry.argument:
        return build_one
    argument = entry.argument
    return partial(build_one, int(argument) if argument.isdecimal() else argument)
