"""The costs of a whole network, row by row, as `convcost.measure` gives them, but without torch."""

from collections.abc import Iterator
from typing import Any

from convcost.arithmetic.design import design
from convcost.arithmetic.networks import NetworkSpec
from convcost.arithmetic.rows import Run, runs
from convcost.conventions._records import LayerCost, ModelCost, Saved

__all__ = ["ledger"]

# Kind -> class of the module that runs it, and what a convention asks besides.
_MODULES = {
    "conv": ("Conv2d", ("F.conv2d", "leaf", "nn")),
    "batch_norm": ("BatchNorm2d", ("F.batch_norm", "leaf", "nn", "scaled")),
    "relu": ("ReLU", ("F.relu", "leaf", "nn")),
    "max_pool": ("MaxPool2d", ("F.max_pool2d", "leaf", "nn")),
    "adaptive_avg_pool": ("AdaptiveAvgPool2d", ("F.adaptive_avg_pool2d", "leaf", "nn")),
    "linear": ("Linear", ("F.linear", "leaf", "nn")),
    "pad": ("PaddedShortcut", ("F.pad", "leaf")),
}
_BLOCKS = {"basic": "BasicBlock", "bottleneck": "Bottleneck"}
_KEPT_BY = {"batch_norm": "outputs of convolutions", "relu": "outputs of ReLUs"}


def ledger(spec: NetworkSpec) -> ModelCost:
    """Count what a network costs, with pencil and paper's formulas and no tensors.

    Parameters
    ----------
    spec : NetworkSpec
        Of numbers: the network and the size of its image.

    Returns
    -------
    ModelCost
        Equal to ``measure(build(spec), (1, 3, spec.in_height, spec.in_width))``, row by row, in
        all but the name.

    Raises
    ------
    TypeError
        If it is no description of a network.
    ValueError
        If the image is too small: the message names the stage, and the smallest that fits.

    Examples
    --------
    >>> from convcost.arithmetic.networks import spec_of
    >>> ledger(spec_of("paper/resnet-50"))
    bottleneck 3+4+6+3 at 1×3×224×224: 25.6 M parameters, 3.9 GMACs, 10.6 M activations, 174 rows
    """
    if not isinstance(spec, NetworkSpec):
        raise TypeError(
            f"got {spec!r} of type {type(spec).__name__}; give a convcost.NetworkSpec, such as "
            "convcost.arithmetic.networks.spec_of('paper/resnet-50')"
        )
    whole = design(spec)
    if not whole.fits:
        raise ValueError(
            f"an image of {spec.in_height} x {spec.in_width} is too small: in "
            f"{whole.stages[whole.failing].name} the map shrinks below 1 x 1; give at least "
            f"{whole.smallest_side} in height and in width"
        )
    layers = tuple(_rows(spec))
    return ModelCost(
        name=f"{spec.family} {'+'.join(map(str, spec.blocks))}",
        input_size=(1, 3, spec.in_height, spec.in_width),
        params=sum(row.params for row in layers),
        buffers=sum(row.buffers for row in layers),
        macs=sum(row.macs for row in layers),
        activations=sum(row.activations for row in layers),
        layers=layers,
    )


def _rows(spec: NetworkSpec) -> Iterator[LayerCost]:
    """Turn runs of one row each into the rows of `measure`."""
    stage, size, numbers = -1, (0, 0), 0
    for name, class_name, run in _named(spec):
        found = (1, 1) if len(run.out_shape) == 1 else run.out_shape[1:]
        stage += found != size
        size = found
        saved = tuple(_saved(run, numbers, first=stage == 0 and numbers == 0))
        numbers += len(saved)
        slides = run.kind in ("conv", "max_pool")
        yield LayerCost(
            name=name,
            class_name=class_name,
            kind=run.kind,
            stage=stage,
            input_shape=(1, *run.in_shape),
            output_shape=(1, *run.out_shape),
            out_height=size[0],
            out_width=size[1],
            kernel=(run.kernel, run.kernel) if slides else (),
            bias=bool(run.bias),
            params=run.params,
            params_read=run.params,
            buffers=run.buffers,
            macs=run.macs,
            activations=run.activations,
            traits=_MODULES[run.kind][1] if run.kind in _MODULES else (),
            saved=saved,
        )


def _named(spec: NetworkSpec) -> Iterator[tuple[str, str, Run]]:
    """Go through the rows that are there, with the names and classes of their modules."""
    is_vgg = spec.family == "vgg"
    position = 0  # VGG's features are numbered through
    for place, _, made in runs(spec, one_by_one=True):
        stage, _, block = place.partition(".")
        prefix = f"layer{stage}.{block}" if block else ""
        for run in made:
            if not run.times:
                continue
            if place == "head":
                last = "classifier" if is_vgg else "fc"
                if run.name == "avgpool":
                    name = run.name
                else:
                    name = f"{last}.{run.name}" if spec.head == "fc" else last
            elif is_vgg:
                name = f"features.{position}"
                position += 1
            else:
                name = ".".join(filter(None, (prefix, run.name)))
            class_name = _MODULES[run.kind][0] if run.kind in _MODULES else _BLOCKS[spec.family]
            yield name, class_name, run


def _saved(run: Run, numbers: int, *, first: bool) -> Iterator[Saved]:
    """List the tensors that a row is the first to keep, with numbers after those before."""
    part = _KEPT_BY.get(run.kind, "image" if first else "outputs of poolings")
    if run.kind == "linear" and run.kept.masks:
        part = "outputs of dropouts"
    kept: tuple[tuple[str, Any, int | None, bool], ...] = (
        (part, run.kept.values, None, True),
        ("masks of dropouts", run.kept.masks, None, True),
        ("indices of max poolings", run.kept.indices, 8, True),
        ("statistics of norms", run.kept.statistics, None, False),
    )
    for what, elements, bytes_each, grows in kept:
        if elements:
            numbers += 1
            yield Saved(numbers, what, elements, bytes_each, grows)
