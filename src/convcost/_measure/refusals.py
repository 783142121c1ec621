"""Why a forward can't be measured, in one sentence: where it stops, the cause, what to do.

`refusals.csv` says what to do where an error has certain words: of several rows the first that fits
counts. What is about the network no other input would mend.
"""

import csv
import re
import traceback
from collections.abc import Iterator
from importlib.resources import files
from textwrap import shorten

import torch
from torch import Tensor, nn

from convcost._measure.meta import forward_hooks
from convcost._measure.trace import Trace
from convcost._measure.watch import watch

# What a layer says about the input that it takes.
_TAKES = {"in_channels": "channels", "num_features": "channels", "in_features": "features"}


class Stopped(Exception):  # noqa: N818  # it is told as a ValueError
    """A forward that can't be measured: why, what to do, and whether another input may help."""

    def __init__(self, reason: str, advice: str, *, by_input: bool = False) -> None:
        super().__init__(reason)
        self.advice = advice
        self.by_input = by_input


def run(trace: Trace, model: nn.Module, image: Tensor) -> None:
    """Let a trace run a model; raise `Stopped` if its forward fails."""
    try:
        watch(trace, model, image)
    except Exception as error:
        path, class_name, _ = trace.path[-1]
        layer = next(module for module, name, _ in trace.layout if name == path)
        where = f"{path} ({class_name})" if path else f"the forward of {class_name}"
        takes = [f"{getattr(layer, key)} {_TAKES[key]}" for key in _TAKES if hasattr(layer, key)]
        where += f", which takes {takes[0]}," if takes else ""
        # TorchScript tells at length where, and not always what.
        words = trace.failure if "TorchScript" in str(error) else str(error)
        said = shorten(words, 160, placeholder="…").rstrip(".") or type(error).__name__
        reason = f"{where} stops with “{said}”"
        codes = {frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)}
        for hook, function in forward_hooks(model).items():
            if function.__code__ in codes:
                raise Stopped(
                    f"the hook {hook} stops with “{said}”",
                    "a hook runs with the network and gets tensors without values; remove it to "
                    "measure the network alone",
                ) from error
        table = files("convcost._measure").joinpath("refusals.csv").read_text(encoding="utf-8")
        rows = csv.DictReader(table.splitlines())
        row = next(row for row in rows if re.search(row["words"], words))
        raise Stopped(reason, row["advice"], by_input=row["about"] == "input") from error


def other_inputs(
    shape: tuple[int, ...], cause: BaseException | None
) -> Iterator[tuple[tuple[int, ...], torch.dtype | None, str]]:
    """List what people may have meant by an input size: shapes, types, and how to say it."""
    if len(shape) in (2, 3):
        yield (1, *shape), None, f"the batch is missing: give input_size={(1, *shape)}"
    if len(shape) == 2:
        full = (1, 3, *shape)
        yield full, None, f"give all of (batch, channels, height, width): input_size={full}"
    if shape[-1] in (1, 3) and len(shape) in (3, 4):
        *batch, height, width, channels = shape
        first = (*(batch or [1]), channels, height, width)
        yield first, None, f"the channels come before height and width: give input_size={first}"
    if re.search("Long|Int|integ|ind(ex|ic)", str(cause)):
        wrap = "give measure a module whose forward calls model(x.long())"
        yield shape, torch.long, f"the model takes integers, such as token numbers: {wrap}"
