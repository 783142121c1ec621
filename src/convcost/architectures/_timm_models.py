"""Networks of the package timm, which is imported only when one of them is asked for."""

from typing import Any

from torch import nn

from convcost.architectures._options import positive_int
from convcost.architectures._torchvision import import_torchvision

PREFIX = "timm/"


def timm_model(name: str, **options: Any) -> nn.Module:
    """Build one of timm's networks, with no pretrained weights.

    Parameters
    ----------
    name : str
        timm's own name behind "timm/".
    **options
        Passed to timm's builder, `num_classes` for one.

    Returns
    -------
    torch.nn.Module
        On the present default device, the meta device included.

    Raises
    ------
    ModuleNotFoundError
        If timm, or a package that timm needs, is not installed.
    TypeError, ValueError
        If timm does not take an option, or not with that value.
    """
    import_torchvision()  # which timm imports as if nothing could be missing
    try:
        import timm
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"{name!r} comes from the package timm, and {missing.name} is not installed here: "
            "pip install timm; every network without 'timm/' in its name does without it",
            name=missing.name,
        ) from missing
    if options.get("pretrained"):
        raise TypeError(
            f"build({name!r}) takes no option 'pretrained': networks are built without pretrained "
            "weights; call timm.create_model to load some"
        )
    if "num_classes" in options:
        positive_int("num_classes", options["num_classes"])
    try:
        model: nn.Module = timm.create_model(name.removeprefix(PREFIX), **options)
    except Exception as error:  # whatever an option sets off inside timm
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"timm cannot build {name!r} with {given or 'its defaults'}: {error}") from error
    return model
