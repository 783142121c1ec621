"""What the designer says: what a network costs, what a move changed, challenges, and code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import ipywidgets as widgets

from convcost.arithmetic.design import design
from convcost.arithmetic.networks import spec_of
from convcost.page.gallery._designer_setting import (
    BLOCKS,
    GROUPS,
    REFERENCES,
    designed,
    facts_of,
    measured,
    spec,
)
from convcost.page.gallery._machines import HERE, Machines
from convcost.page.live.bench import Goal, Snapshot
from convcost.page.live.tracing import choose, formatted, text, where

__all__ = ["WORDS", "change", "code", "count", "finding", "goals", "short"]

GIBI, MEBI = 2**30, 2**20

#: What a change may change, as a reader calls it -> the fact.
EFFECTS = {
    "parameters": "params",
    "multiply-adds": "macs",
    "activations": "activations",
    "pixels of receptive field": "receptive_field",
    "for training": "training_bytes",
    "for a forward pass": "seconds",
}


def count(number: Any) -> Any:
    """Write a count with three digits and its prefix: "25.6 M"; whole below a thousand."""
    words = formatted(number, ".0f")
    for power, unit in ((10**3, "k"), (10**6, "M"), (10**9, "G"), (10**12, "T")):
        words = where(
            number >= 0.9995 * power, text(_three_digits(number / power), " ", unit), words
        )
    return words


def _three_digits(number: Any) -> Any:
    more = where(number < 99.95, formatted(number, ".1f"), formatted(number, ".0f"))
    return where(number < 9.995, formatted(number, ".2f"), more)


def short(number: Any) -> Any:
    """Write a count with two digits, for where room is scarce."""
    return formatted(number, ".2~s")


def _memory(number: Any) -> Any:
    in_mebi, in_gibi = number / MEBI, number / GIBI
    return where(
        number < GIBI,
        text(where(in_mebi < 10, formatted(in_mebi, ".2f"), formatted(in_mebi, ".0f")), " MiB"),
        text(where(in_gibi < 10, formatted(in_gibi, ".2f"), formatted(in_gibi, ",.0f")), " GiB"),
    )


def _time(seconds: Any) -> Any:
    words = text(_three_digits(seconds), " s")
    for below, times, unit in ((0.9995, 1e3, " ms"), (0.9995e-3, 1e6, " µs")):
        words = where(seconds < below, text(_three_digits(seconds * times), unit), words)
    return words


def _whole(number: Any) -> Any:
    return formatted(number, ",")


def _square(side: Any) -> Any:
    return text(_whole(side), " × ", _whole(side))


WORDS = {
    "params": count,
    "macs": count,
    "activations": count,
    "receptive_field": _square,
    "inference_bytes": _memory,
    "training_bytes": _memory,
    "seconds": _time,
}
"""Fact -> how it is written."""


def finding(machines: Machines, **values: Any) -> Any:
    """Say what the network costs, or where it stops being one and what would mend it."""
    network = designed(**values)
    known = facts_of(network, machines, values)
    reach = known["receptive_field"]
    beyond = (reach > values["image_height"]) & (reach > values["image_width"])
    sees = where(beyond, "more than the whole image", text(_square(reach), " pixels"))
    batch = where(values["batch"] == 1, "one image", text("a batch of ", values["batch"]))
    works = text(
        network.weight_layers, " layers, ", count(network.params), " parameters. One image of ",
        values["image_height"], " × ", values["image_width"], " takes ", count(network.macs),
        " multiply-adds and ", count(network.activations),
        " activations; a value of the last map sees ", sees, ". A training step with ", batch,
        " takes ", _memory(known["training_bytes"]), " of memory; its forward pass takes ",
        _time(known["seconds"]), " on ", values["device"], ".",
    )  # fmt: skip
    names = [*(stage.name for stage in network.stages), "no stage"]
    side = network.smallest_side
    shrinks = text(
        "Not a network: in ", choose(network.failing, names), " the map shrinks below 1 × 1. "
        "The image must be at least ", _square(side), ".",
    )  # fmt: skip
    return where(network.fits > 0, works, shrinks)


def _signed(delta: Any, write: Any) -> Any:
    return where(delta < 0, text("−", write(0 - delta)), text("+", write(delta)))


def _joined(parts: list[Any]) -> Any:
    """Join those of the parts that are not empty by commas."""
    joined: Any = ""
    for part in parts:
        comma = where((joined != "") & (part != ""), ", ", "")
        joined = text(joined, comma, part)
    return joined


def change(controls: Mapping[str, widgets.Widget], before: Snapshot, now: Snapshot) -> Any:
    """Say which controls were moved, and which costs that changed by how much."""
    moved = {name: before[name] != now[name] for name in controls}
    number = sum(where(one, 1, 0) for one in moved.values())
    moves = [
        where(moved[name], _move(name, control, before[name], now[name]), "")
        for name, control in controls.items()
    ]
    did = where(number > 2, text("Now ", now["title"]), _joined(moves))
    effects = []
    for words, key in EFFECTS.items():
        delta = now[key] - before[key]
        write = _whole if key == "receptive_field" else WORDS[key]
        effects.append(where(delta == 0, "", text(_signed(delta, write), " ", words)))
    costs = _joined(effects)
    valid = where(costs == "", "no cost changes", costs)
    again = where(before["fits"], valid, "a network again")
    did = text(did, ": ", where(now["fits"], again, "no longer a network"), ".")
    return where(number == 0, "Back where it was.", did)


def _move(name: str, control: widgets.Widget, before: Any, now: Any) -> Any:
    if name in BLOCKS:
        delta = now - before
        words = where((delta == 1) | (delta == -1), " block in stage ", " blocks in stage ")
        return text(_signed(delta, _whole), words, name[-1])
    label = control.description
    if isinstance(control, widgets.Checkbox):
        return text(label, ": ", where(now, "yes", "no"))
    if isinstance(control, widgets.IntSlider):
        return text(label, " ", before, " → ", now)
    options = [pair if isinstance(pair, tuple) else (str(pair), pair) for pair in control.options]
    return text(label, ": ", choose(now, {value: words for words, value in options}))


def goals(machines: Machines) -> list[Goal]:
    """Return four challenges, each of which can be met by what the book tells."""
    usual = {"batch": 32, "numbers": "32-bit", "optimizer": "SGD with momentum", "device": HERE}
    vgg, resnet, resnet18 = (
        measured(design(spec_of(name)), machines, **usual)
        for name in (*REFERENCES.values(), "paper/resnet-18")
    )

    def as_imagenet(now: Snapshot) -> Any:
        whole = (now["image_height"] == 224) & (now["image_width"] == 224)
        return now["fits"] & whole & (now["classes"] == 1000)

    def share(now: Snapshot, key: str, other: Snapshot) -> Any:
        return formatted(now[key] / other[key], ".1%")

    return [
        Goal(
            "With a tenth of ResNet-50’s multiply-adds, see as many pixels as it does.",
            lambda now: as_imagenet(now)
            & (now["receptive_field"] >= resnet["receptive_field"])
            & (10 * now["macs"] <= resnet["macs"]),
            lambda now: text(
                share(now, "macs", resnet), " of the multiply-adds see ",
                _square(now["receptive_field"]), " pixels. Given up: what they see is kept in ",
                share(now, "activations", resnet), " of the activations and told apart by ",
                share(now, "params", resnet), " of the parameters.",
            ),
        ),
        Goal(
            "With an eighth of VGG-16’s parameters, do nine tenths of its multiply-adds in at most "
            "16 layers.",
            lambda now: as_imagenet(now) & (now["weights"] <= 16)
            & (8 * now["params"] <= vgg["params"])
            & (10 * now["macs"] >= 9 * vgg["macs"]),
            lambda now: text(
                share(now, "params", vgg), " of the parameters, ", share(now, "macs", vgg),
                " of the multiply-adds. Given up: ",
                where(now["head"] == "gap", "the position of what the last map shows, which VGG's "
                      "head sees and an average forgets.", "width where maps are small."),
            ),
        ),
        Goal(
            "With more layers than ResNet-152, need fewer multiply-adds than ResNet-18.",
            lambda now: as_imagenet(now) & (now["weights"] > 152)
            & (now["macs"] < resnet18["macs"]),
            lambda now: text(
                now["weights"], " layers take ", share(now, "macs", resnet18),
                " of ResNet-18's multiply-adds. Given up: width, and time, because layers run one "
                "after the other; and ", count(now["activations"]),
                " activations wait for the backward pass.",
            ),
        ),
        Goal(
            "Train 50 layers or more with a batch of 32 or more in one GiB.",
            lambda now: as_imagenet(now) & (now["weights"] >= 50) & (now["batch"] >= 32)
            & (now["training_bytes"] <= GIBI),
            lambda now: text(
                now["weights"], " layers and ", now["batch"], " images in ",
                _memory(now["training_bytes"]), ". Given up: it has ",
                share(now, "activations", resnet), " of ResNet-50's activations",
                where(now["numbers"] == "16-bit", ", with half the bits in each.", "."),
            ),
        ),
    ]  # fmt: skip


def code(now: Snapshot) -> Any:
    """Return a cell that builds the network with `convcost.build`, and measures it."""
    described = spec(**{name: now[name] for names in GROUPS.values() for name in names})
    lines: list[Any] = ["from convcost import NetworkSpec, build, measure\n\nspec = NetworkSpec(\n"]
    for field in fields(described):
        lines += [
            "    ",
            field.name,
            "=",
            _written(field.name, getattr(described, field.name)),
            ",\n",
        ]
    lines += [
        ")\ncost = measure(build(spec), (1, 3, ", now["image_height"], ", ", now["image_width"],
        "))\ncost.params, cost.macs, cost.activations\n",
    ]  # fmt: skip
    result = text(
        "# (", _whole(now["params"]), ", ", _whole(now["macs"]), ", ", _whole(now["activations"]),
        ")",
    )  # fmt: skip
    fails = text("# Not a network: it needs an image of ", _square(now["smallest_side"]), ".")
    return text(*lines, where(now["fits"], result, fails))


def _written(field: str, value: Any) -> Any:
    """Return an argument of `NetworkSpec` as Python code."""
    if isinstance(value, tuple):
        parts = [part for number in value for part in (number, ", ")]
        return text("(", *parts[:-1], ")")
    if field in ("family", "shortcut", "stride_in", "head"):
        return text('"', value, '"')
    if field in ("stem_pool", "padding", "batch_norm", "bias"):
        return where(value, "True", "False")
    return value
