"""The other counters, each asked as its own documentation says, for the number that it prints."""

import warnings
from collections.abc import Callable

import torchinfo
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from convcost.architectures._torchvision import import_torchvision

import_torchvision()  # ptflops imports it too
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # thop asks distutils for torch's version
    import fvcore.nn
    import ptflops
    import thop

__all__ = ["COUNTERS"]


def by_torchinfo(model: nn.Module, image: Tensor) -> int:
    """Return what torchinfo calls "Total mult-adds"."""
    summary = torchinfo.summary(model, input_data=image, device=image.device, verbose=0)
    torchinfo.torchinfo.clear_cached_forward_pass()  # or the model stays alive
    return summary.total_mult_adds


def by_flop_counter(model: nn.Module, image: Tensor) -> int:
    """Return PyTorch's own total of FLOPs."""
    with FlopCounterMode(display=False) as counter:
        model(image)
    return counter.get_total_flops()


def by_fvcore(model: nn.Module, image: Tensor) -> float:
    """Return what fvcore calls flops, and counts as multiply-adds."""
    analysis = fvcore.nn.FlopCountAnalysis(model, image)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return analysis.tracer_warnings("none").total()


def by_ptflops(model: nn.Module, image: Tensor, backend: str = "pytorch") -> int:
    """Return what ptflops calls MACs, by its default back end."""
    macs, _ = ptflops.get_model_complexity_info(
        model, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False,
        backend=backend,
    )  # fmt: skip
    return macs


def by_ptflops_aten(model: nn.Module, image: Tensor) -> int:
    """Return what ptflops calls MACs, by the operators that run."""
    return by_ptflops(model, image, "aten")


def by_thop(model: nn.Module, image: Tensor) -> float:
    """Return what thop calls MACs."""
    macs, _ = thop.profile(model, (image,), verbose=False)
    return macs


COUNTERS: dict[str, Callable[[nn.Module, Tensor], float]] = {
    "torchinfo": by_torchinfo,
    "flop_counter": by_flop_counter,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops,
    "ptflops_aten": by_ptflops_aten,
    "thop": by_thop,
}
"""Name of a convention -> its tool: a model in evaluation mode and an image, to a number."""
