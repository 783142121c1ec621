"""torchvision's classification networks, built without weights and on any device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from convcost.architectures._options import positive_int
from convcost.architectures._torchvision import import_torchvision

AUXILIARY = ("googlenet", "inception_v3")
"""Networks that torchvision builds with auxiliary heads unless told otherwise."""


def torchvision_model(name: str, **options: Any) -> nn.Module:
    """Build one of torchvision's classification networks, with no pretrained weights.

    Parameters
    ----------
    name : str
        One of ``torchvision.models.list_models(module=torchvision.models)``.
    **options
        Passed to torchvision's builder, `num_classes` for one. googlenet and inception_v3 get
        ``aux_logits=False``, so no auxiliary heads, and ``init_weights=False``, which spares a slow
        draw of weights, unless you ask otherwise.

    Returns
    -------
    torch.nn.Module
        On the present default device, the meta device included.

    Raises
    ------
    TypeError, ValueError
        If torchvision does not take an option, or not with that value.
    """
    for refused in ("weights", "progress"):
        if refused in options:
            raise TypeError(
                f"build({name!r}) takes no option {refused!r}: networks are built without "
                f"pretrained weights; call torchvision.models.{name} to load some"
            )
    if "num_classes" in options:
        positive_int("num_classes", options["num_classes"])
    if name in AUXILIARY:
        options = {"aux_logits": False, "init_weights": False, **options}
    models = import_torchvision().models
    try:
        with _regnet_widths_on_cpu():
            model: nn.Module = models.get_model(name, weights=None, **options)
    except Exception as error:  # whatever an option sets off inside torchvision
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"torchvision cannot build {name!r} with {given or 'its defaults'}: {error}; "
            f"see torchvision.models.{name} for the options that it takes"
        ) from error
    return model


@contextmanager
def _regnet_widths_on_cpu() -> Iterator[None]:
    """Let regnets build on the meta device.

    Their widths come from a formula that torchvision works out with tensors and reads back, which
    meta tensors, having no values, do not allow.
    """
    params = import_torchvision().models.regnet.BlockParams
    original = params.__dict__["from_init_params"]

    def from_init_params(cls: type, *args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return original.__func__(cls, *args, **kwargs)

    params.from_init_params = classmethod(from_init_params)
    try:
        yield
    finally:
        params.from_init_params = original
