"""What a network costs stage by stage and in all, from its description alone.

All of it adds up the runs of `convcost.arithmetic.rows`: with numbers it gives numbers, with a
figure's symbols the formulas that a page computes. A setting that is no network gets numbers too;
`fits` says from where on they mean nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from convcost.arithmetic import largest, widened
from convcost.arithmetic.networks import NetworkSpec
from convcost.arithmetic.roofline import Machine, Work, layer_seconds
from convcost.arithmetic.rows import Kept, Map, Run, runs

__all__ = ["Design", "Stage", "design"]

_COUNTER_BYTES = 8  # a batch norm counts the batches that it has seen, in 64 bits


@dataclass(frozen=True, slots=True)
class Stage:
    """The stem, a stage or the head of a network; what it costs for one image.

    Attributes
    ----------
    name : str
        "stem", "stage 1" and so on, or "head".
    present : int
        Whether it has any layer.
    fits : int
        Whether its map, and all before it, are at least 1 x 1.
    blocks, channels, height, width : int
        Its blocks, and the map that it puts out; a stage that is left out has the map before it.
    params, buffers, macs, activations : int
        As in `convcost.ModelCost`.
    kept : Kept
        What training keeps of it for the backward pass.
    live : int
        Most elements of maps that are held at once while it runs without gradients.
    receptive_field : int
        Side of the square of input pixels that one value of its map can see; of the head, that of
        the last map.
    rows : tuple of Run
        What it adds up.
    """

    name: str
    present: Any
    fits: Any
    blocks: Any
    channels: Any
    height: Any
    width: Any
    params: Any
    buffers: Any
    macs: Any
    activations: Any
    kept: Kept
    live: Any
    receptive_field: Any
    rows: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """A network's stages, and what they add up to; see `Stage` for the fields of the same names.

    Attributes
    ----------
    stages : tuple of Stage
        The stem, the stages, the head.
    weight_layers : int
        Convolutions and linear layers, those of shortcuts not: the depth that papers give.
    failing : int
        Position in `stages` of the first whose map does not fit; their number if all do.
    smallest_side : int
        Smallest height and width of an image that the network can take.
    """

    stages: tuple[Stage, ...]
    params: Any
    buffers: Any
    macs: Any
    activations: Any
    kept: Kept
    live: Any
    receptive_field: Any
    weight_layers: Any
    fits: Any
    failing: Any
    smallest_side: Any

    @property
    def rows(self) -> tuple[Run, ...]:
        """The runs of all stages, in order."""
        return tuple(run for stage in self.stages for run in stage.rows)

    def weight_bytes(self, value_bytes: Any = 4) -> Any:
        """Return what parameters and buffers take, with each batch norm's count of batches."""
        norms = total(run.times for run in self.rows if run.kind == "batch_norm")
        return (self.params + self.buffers) * value_bytes + norms * _COUNTER_BYTES

    def inference_bytes(self, batch: Any = 1, value_bytes: Any = 4) -> Any:
        """Return the most that is held at once while scores are computed without gradients.

        That is the weights, and the largest maps that are needed at one time: what a layer reads
        and writes, and what waits for a shortcut. ReLUs work in place. Each map is dropped after
        its last reader; workspace is left out.

        Parameters
        ----------
        batch : int
            Images.
        value_bytes : int
            Bytes of one value: 4 for 32-bit floats, 2 for 16-bit ones.
        """
        return self.weight_bytes(value_bytes) + batch * value_bytes * self.live

    def training_bytes(
        self, batch: Any = 1, value_bytes: Any = 4, optimizer_values: Any = 1
    ) -> dict[str, Any]:
        """Return what a training step stores, part by part, in bytes.

        Parameters
        ----------
        batch : int
            Images.
        value_bytes : int
            Bytes of one value: 4 for 32-bit floats, 2 for 16-bit ones.
        optimizer_values : int
            Numbers that the optimizer stores for each parameter, as
            `convcost.memory.OPTIMIZER_VALUES` has them: 0 for SGD, 1 with momentum, 2 for Adam.

        Returns
        -------
        dict of str to int
            "weights" with buffers, "gradients" of the weights, "optimizer_state", and "maps" that
            the forward pass keeps. They are not all there at once: see the chapter on memory.
        """
        each = self.params * value_bytes
        return {
            "weights": self.weight_bytes(value_bytes),
            "gradients": each,
            "optimizer_state": each * optimizer_values,
            "maps": self.kept.bytes(batch, value_bytes),
        }

    def seconds(self, machine: Machine, batch: Any = 1, value_bytes: Any = 4) -> Any:
        """Return how long a forward pass takes by the roofline, one layer after the other.

        Parameters
        ----------
        machine : Machine
            What runs it.
        batch : int
            Images.
        value_bytes : int
            Bytes of one value.

        Returns
        -------
        float
            The sum of `convcost.arithmetic.roofline.layer_seconds`. Layers of a stage are taken
            together, which makes a difference only where maps shrink for lack of padding and some
            of the stage's layers wait for arithmetic and others for memory.
        """
        return total(
            layer_seconds(_work_of(run, value_bytes), machine, batch)
            + (run.times - 1) * machine.launch_seconds
            for run in self.rows
        )


def design(spec: NetworkSpec) -> Design:
    """Add up what a network costs.

    Parameters
    ----------
    spec : NetworkSpec
        Of numbers, or of a figure's symbols.

    Returns
    -------
    Design

    Examples
    --------
    >>> from convcost.arithmetic.networks import spec_of
    >>> vgg = design(spec_of("paper/vgg-d"))
    >>> vgg.params, vgg.macs, vgg.receptive_field, vgg.smallest_side
    (138357544, 15470264320, 212, 32)
    """
    parts: dict[str, tuple[Map, list[Run]]] = {}
    for place, x, made in runs(spec):
        name = place.split(".")[0]
        parts[name] = (x, [*parts.get(name, (x, []))[1], *made])
    stages = []
    field: Any = 1
    step: Any = 1
    last = Map(0, spec.in_height, spec.in_width)
    for name, (x, rows) in parts.items():
        for run in rows:
            if run.slides:
                field, step = widened(field, step, run.kernel, run.stride, run.times)
        last = last if name == "head" else x
        blocks = spec.blocks[int(name) - 1] if name.isdecimal() else 0
        stages.append(
            Stage(
                name=f"stage {name}" if name.isdecimal() else name,
                present=rows[0].times > 0,
                fits=(last.height >= 1) * (last.width >= 1),
                blocks=blocks,
                channels=x.channels, height=x.height, width=x.width,
                **_sums(rows), live=largest(run.live for run in rows),
                receptive_field=field, rows=tuple(rows),
            )
        )  # fmt: skip
    everything = [run for stage in stages for run in stage.rows]
    return Design(
        stages=tuple(stages),
        **_sums(everything),
        live=largest(stage.live for stage in stages),
        receptive_field=field,
        weight_layers=total(
            run.times for run in everything if run.on_path and run.kind in ("conv", "linear")
        ),
        fits=stages[-1].fits,
        failing=total(stage.fits for stage in stages),
        smallest_side=_smallest_side(everything),
    )


def _work_of(run: Run, value_bytes: Any) -> Work:
    """Return the work of some layers together, as `convcost.arithmetic.roofline.work_of` does."""
    windows = run.writes * max(run.kernel, 1) ** 2 if run.kind.endswith("pool") else 0
    return Work(
        dense_macs=run.macs,
        grouped_macs=0,
        map_bytes=value_bytes * (run.reads + run.writes),
        weight_bytes=value_bytes * (run.params + run.buffers),
        compares=windows,
    )


def total(numbers: Iterable[Any]) -> Any:
    """Add up, without a zero in front that a formula would show."""
    result: Any = None
    for number in numbers:
        result = number if result is None else result + number
    return 0 if result is None else result


def _sums(rows: Iterable[Run]) -> dict[str, Any]:
    rows = list(rows)
    counts = ("params", "buffers", "macs", "activations")
    sums = {name: total(getattr(run, name) for run in rows) for name in counts}
    kept = zip(*(run.kept for run in rows), strict=True)
    return {**sums, "kept": Kept(*map(total, kept))}


def _smallest_side(rows: list[Run]) -> Any:
    """Return the smallest side of an image of which a map of 1 x 1 is left, from end to start."""
    side: Any = 1
    for run in reversed(rows):
        if run.slides:
            # One window needs (side - 1) stride + kernel - 2 padding; several have stride 1.
            more = (side - 1) * (run.stride - 1) + run.kernel - 1 - 2 * run.padding
            side = side + run.times * more
    return side
