"""Figures of the chapter on degradation, from the tables that its experiment wrote.

Over 400 lines: eight figures of one chapter, each with its rows, finding and caption.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from convcost.page.charts import curves, seed_curves, seed_points, seed_rows
from convcost.page.charts.look import COLORS
from convcost.page.gallery.resnet import powers_of_ten
from convcost.page.live.figure import LiveFigure

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "error_by_depth",
    "error_by_epoch",
    "gradient_likeness",
    "layer_gradients",
    "rival_explanations",
    "shortcut_options",
    "signal_by_block",
    "without_one_block",
]

SERIES = {"plain": COLORS["plain"], "residual": COLORS["ResNet"]}
LABELS = {"plain": "plain", "residual": "ResNet"}
FAMILIES = {"plain": "plain", "residual": "ResNet"}
ERRORS = {"train_error": "training error", "test_error": "test error"}
IMAGES = {"digits": "digits (8 × 8)", "cifar10": "CIFAR-10 (32 × 32)"}
SAME = "the recipe as it is"


def percent(value: float) -> str:
    """Write an error as figures do."""
    return f"{value:.1f}%"


def network_name(kind: str, depth: int) -> str:
    """Return what a reader calls a network."""
    return f"{LABELS[kind]}-{depth}"


def error_switch() -> widgets.ToggleButtons:
    """Switch between the two errors, training first."""
    options = [(words.capitalize(), error) for error, words in ERRORS.items()]
    return widgets.ToggleButtons(options=options, description="Error")


def images_menu(table: pd.DataFrame) -> dict[str, widgets.Dropdown]:
    """Return a menu of the images that a table has results for; none if there is but one."""
    found = [data for data in IMAGES if data in set(table["data"])]
    if len(found) < 2:
        return {}
    return {
        "images": widgets.Dropdown(
            options=[(IMAGES[data], data) for data in found], description="Images"
        )
    }


def first_images(table: pd.DataFrame) -> str:
    """Return the images of a table's first row."""
    return str(table["data"].iloc[0])


def error_by_depth(curves_table: pd.DataFrame) -> LiveFigure:
    """Where networks of each depth stand after a number of epochs, with and without shortcuts.

    Parameters
    ----------
    curves_table : pandas.DataFrame
        degradation_curves.csv.

    Returns
    -------
    LiveFigure
    """
    table = curves_table.query("study in ('depth', 'deep')")
    depths = sorted(set(table["depth"]))
    shares = (0.1, 1 / 3, 2 / 3, 1.0)
    lasts = {data: int(group["epoch"].max()) for data, group in table.groupby("data")}
    found: dict[tuple[str, str, int, int], list[Any]] = {}
    for row in table.itertuples():
        found.setdefault((row.data, row.kind, row.depth, row.epoch), []).append(row)
    default = first_images(table)

    def at(images: str, kind: str, depth: int, share: float, error: str) -> list[tuple[int, float]]:
        epoch = max(1, round(share * lasts[images]))
        return [
            (row.seed, getattr(row, error)) for row in found.get((images, kind, depth, epoch), ())
        ]

    def rows(error: str, share: float, images: str = default) -> list[dict[str, Any]]:
        return [
            {
                "step": depth,
                "series": kind,
                "seed": seed,
                "value": round(value, 1),
                "median": round(statistics.median([other for _, other in runs]), 1),
                "axis_end": 100,
            }
            for kind in SERIES
            for depth in depths
            for runs in [at(images, kind, depth, share, error)]
            for seed, value in runs
        ]

    def finding(error: str, share: float, images: str = default) -> str:
        epoch = max(1, round(share * lasts[images]))

        def said(kind: str, depth: int) -> str:
            runs = [value for _, value in at(images, kind, depth, share, error)]
            middle = percent(statistics.median(runs))
            return f"{middle} ({percent(min(runs))} to {percent(max(runs))}) with {depth} layers"

        courses = [
            f"{LABELS[kind]} from {said(kind, there[0])} to {said(kind, there[-1])}"
            for kind in SERIES
            if (there := [d for d in depths if at(images, kind, d, share, error)])
        ]
        return (
            f"{ERRORS[error].capitalize()} after epoch {epoch} of {lasts[images]}: "
            f"{'; '.join(courses)}. Medians, lowest and highest seed."
        )

    return LiveFigure(
        seed_points(series=SERIES, along="Layers", up="Error (%)", steps=depths),
        name="fig-error-by-depth",
        rows=rows,
        finding=finding,
        controls={
            "error": error_switch(),
            "share": widgets.SelectionSlider(
                options=[(_share_name(share), share) for share in shares],
                value=1.0,
                description="Of the training done",
            ),
            **images_menu(table),
        },
        caption=(
            "Error of plain and residual networks by depth: a point for each seed, a line through "
            "the medians. Notice that the deep plain networks fail on their own training images, "
            "and how the gap opens as the training goes on, from a start where both kinds are bad."
        ),
        columns={"series": "Network", "step": "Layers", "seed": "Seed", "value": "Error (%)",
                 "median": "Median (%)"},
    )  # fmt: skip


def _share_name(share: float) -> str:
    names = {1 / 3: "a third", 0.5: "half", 2 / 3: "two thirds", 1.0: "all"}
    return names.get(share) or f"{share:.0%}"


def error_by_epoch(curves_table: pd.DataFrame) -> LiveFigure:
    """The course of training, epoch by epoch, plain beside residual.

    Parameters
    ----------
    curves_table : pandas.DataFrame
        degradation_curves.csv.

    Returns
    -------
    LiveFigure
    """
    table = curves_table.query("study == 'depth'")
    depths = sorted(set(table["depth"]) - {14})  # as depth 8; a page has to stay light
    default = first_images(table)
    runs = dict(list(table.groupby(["data", "kind", "depth"])))

    def chosen(depth: int, images: str) -> dict[str, pd.DataFrame]:
        return {kind: runs[images, kind, depth] for kind in SERIES if (images, kind, depth) in runs}

    def rows(error: str, depth: int, images: str = default) -> list[dict[str, Any]]:
        shown = []
        for kind, group in chosen(depth, images).items():
            medians = group.groupby("epoch")[error].median()
            shown += [
                {
                    "step": int(row.epoch),
                    "series": kind,
                    "seed": int(row.seed),
                    "value": round(float(getattr(row, error)), 1),
                    "median": round(float(medians[row.epoch]), 1),
                    "axis_end": 100,
                }
                for row in group.itertuples()
            ]
        return shown or [
            {
                "step": 0,
                "series": "plain",
                "seed": 0,
                "value": None,
                "median": None,
                "axis_end": 100,
            }
        ]

    def finding(error: str, depth: int, images: str = default) -> str:
        there = chosen(depth, images)
        if not there:
            return f"No network of {depth} layers was trained on these images."
        last = max(group["epoch"].max() for group in there.values())
        said = [
            f"{network_name(kind, depth)} ends at {percent(ends.median())} (seeds from "
            f"{percent(ends.min())} to {percent(ends.max())})"
            for kind, group in there.items()
            for ends in [group[group["epoch"] == last][error]]
        ]
        return f"{ERRORS[error].capitalize()}, {last} epochs: {', '.join(said)}."

    return LiveFigure(
        seed_curves(series=SERIES, along="Epoch", up="Error (%)"),
        name="fig-error-by-epoch",
        rows=rows,
        finding=finding,
        controls={
            "error": error_switch(),
            "depth": widgets.SelectionSlider(
                options=depths, value=56 if 56 in depths else depths[-1], description="Layers"
            ),
            **images_menu(table),
        },
        caption=(
            "Error after each epoch: a thin line for each seed, a thick one through the medians. "
            "The learning rate falls to a tenth after half of the epochs, and again after three "
            "quarters. Notice at which depth the plain network begins to fall behind."
        ),
        columns={"series": "Network", "step": "Epoch", "seed": "Seed", "value": "Error (%)",
                 "median": "Median (%)"},
    )  # fmt: skip


def rival_explanations(runs: pd.DataFrame) -> LiveFigure:
    """What happens to the gap when one thing in the recipe is changed.

    Parameters
    ----------
    runs : pandas.DataFrame
        degradation_runs.csv.

    Returns
    -------
    LiveFigure
    """
    networks = (("plain", 20), ("plain", 56), ("residual", 56))
    table = runs[runs["data"] == first_images(runs)]
    changes = list(dict.fromkeys(table.query("study == 'why'")["change"]))

    def ends(kind: str, depth: int, change: str, error: str) -> list[tuple[int, float]]:
        study = "depth" if change == SAME else "why"
        some = table[
            (table["study"] == study)
            & (table["kind"] == kind)
            & (table["depth"] == depth)
            & (table["change"] == ("none" if change == SAME else change))
        ]
        return [(int(row.seed), float(getattr(row, error))) for row in some.itertuples()]

    def rows(error: str, change: str) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{network_name(kind, depth)}{'' if which == SAME else ', changed'}",
                "family": FAMILIES[kind],
                "seed": seed,
                "value": value,
                "median": middle,
                "label": percent(middle) if number == 0 else "",
                "axis_end": 100,
            }
            for kind, depth in networks
            for which in dict.fromkeys((SAME, change))
            for found in [ends(kind, depth, which, error)]
            for number, (seed, value) in enumerate(found)
            for middle in [statistics.median([other for _, other in found])]
        ]

    def finding(error: str, change: str) -> str:
        said = []
        for kind, depth in networks:
            found = [value for _, value in ends(kind, depth, change, error)]
            if found:
                said.append(
                    f"{network_name(kind, depth)} {percent(statistics.median(found))} "
                    f"({percent(min(found))} to {percent(max(found))})"
                )
        words = change if change == SAME else f"with {change}"
        return f"{ERRORS[error].capitalize()}, {words}: {', '.join(said)}. Medians and seeds."

    return LiveFigure(
        seed_rows(rows=2 * len(networks), domain=["plain", "ResNet"], name_px=146),
        name="fig-rival-explanations",
        rows=rows,
        finding=finding,
        controls={
            "change": widgets.Dropdown(
                options=[SAME, *changes], value=changes[0] if changes else SAME,
                description="One change",
            ),
            "error": error_switch(),
        },
        caption=(
            "Where three networks end with the recipe as it is and with one thing in it changed: a "
            "point for each seed, a tick and a number at the median. Notice which change closes "
            "the gap between plain-56 and plain-20, and which does not."
        ),
        columns={"name": "Network", "seed": "Seed", "value": "Error (%)", "median": "Median (%)"},
    )  # fmt: skip


def shortcut_options(runs: pd.DataFrame) -> LiveFigure:
    """Where residual networks end with shortcuts of option A, B and C.

    Parameters
    ----------
    runs : pandas.DataFrame
        degradation_runs.csv.

    Returns
    -------
    LiveFigure
    """
    table = runs[(runs["data"] == first_images(runs)) & (runs["kind"] == "residual")]
    depths = sorted(set(table.query("study == 'shortcut'")["depth"]))

    depth_switch = (
        {"depth": widgets.ToggleButtons(options=depths, description="Layers")}
        if len(depths) > 1
        else {}
    )

    def ends(depth: int, option: str, error: str) -> list[tuple[int, float]]:
        some = table[
            (table["depth"] == depth)
            & (table["shortcut"] == option)
            & table["study"].isin(["depth", "shortcut"])
        ]
        return [(int(row.seed), float(getattr(row, error))) for row in some.itertuples()]

    def rows(error: str, depth: int = depths[0]) -> list[dict[str, Any]]:
        found = {option: ends(depth, option, error) for option in "ABC"}
        highest = max(value for ended in found.values() for _, value in ended)
        return [
            {
                "name": f"option {option}",
                "family": "ResNet",
                "seed": seed,
                "value": value,
                "median": middle,
                "label": f"{middle:.2f}%" if number == 0 else "",
                "axis_end": max(highest, 1),
            }
            for option, ended in found.items()
            for number, (seed, value) in enumerate(ended)
            for middle in [statistics.median([other for _, other in ended])]
        ]

    def finding(error: str, depth: int = depths[0]) -> str:
        said = []
        for option in "ABC":
            found = [value for _, value in ends(depth, option, error)]
            if found:
                said.append(
                    f"{option} {statistics.median(found):.2f}% ({min(found):.2f} to "
                    f"{max(found):.2f}, {len(found)} seeds)"
                )
        return f"{ERRORS[error].capitalize()} of ResNet-{depth} by option: {', '.join(said)}."

    return LiveFigure(
        seed_rows(rows=3, domain=["plain", "ResNet"], name_px=66),
        name="fig-shortcut-options",
        rows=rows,
        finding=finding,
        controls={
            "error": widgets.ToggleButtons(
                options=[(words.capitalize(), error) for error, words in ERRORS.items()],
                value="test_error",
                description="Error",
            ),
            **depth_switch,
        },
        caption=(
            "Where residual networks end with each kind of shortcut: a point for each seed, a tick "
            "and a number at the median. Notice how much the seeds of one option overlap those of "
            "another."
        ),
        columns={"name": "Shortcut", "seed": "Seed", "value": "Error (%)", "median": "Median (%)"},
    )  # fmt: skip


def layer_gradients(gradients: pd.DataFrame) -> LiveFigure:
    """The size of each layer's gradient, before, during and after training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        degradation_gradients.csv.

    Returns
    -------
    LiveFigure
    """
    table = gradients[gradients["data"] == first_images(gradients)]
    depths = [depth for depth in (20, 56) if depth in set(table["depth"])]
    epochs = sorted(set(table["epoch"]))
    found: dict[tuple[str, int, int], list[Any]] = {}
    for row in table.itertuples():
        found.setdefault((row.kind, row.depth, row.epoch), []).append(row)
    low, high = 1e-6, 1e7

    def size(row: Any, per: str) -> float:
        value = float(row.median) / (row.weights**0.5 if per == "weight" else 1)
        return float(f"{value:.2g}")  # more digits would make the page heavy, and show nothing

    def rows(depth: int, epoch: int, per: str) -> list[dict[str, Any]]:
        return [
            {
                "step": int(row.layer),
                "series": kind,
                "value": size(row, per),
                "said": powers_of_ten(size(row, per)),
            }
            for kind in SERIES
            for row in found.get((kind, depth, epoch), ())
        ]

    def finding(depth: int, epoch: int, per: str) -> str:
        what = "of one weight" if per == "weight" else "of a layer"
        when = "Before training" if epoch == 0 else f"After epoch {epoch}"
        said = []
        for kind in SERIES:
            sizes = [size(row, per) for row in found.get((kind, depth, epoch), ())]
            if sizes:
                said.append(
                    f"in {network_name(kind, depth)} it is {powers_of_ten(sizes[0])} in the first "
                    f"layer, {powers_of_ten(sizes[-1])} in the last, and at least "
                    f"{powers_of_ten(min(sizes))}"
                )
        return f"{when}, the gradient {what}: {'; '.join(said)}. Medians of the seeds."

    return LiveFigure(
        curves(series=SERIES, along="Layer", log=(low, high)),
        name="fig-layer-gradients",
        rows=rows,
        finding=finding,
        controls={
            "epoch": widgets.SelectionSlider(
                options=[("before training", 0), *((f"epoch {e}", e) for e in epochs if e)],
                description="When",
            ),
            "depth": widgets.SelectionSlider(
                options=depths, value=56 if 56 in depths else depths[-1], description="Layers"
            ),
            "per": widgets.ToggleButtons(
                options=[("A layer's norm", "layer"), ("One weight", "weight")],
                description="Gradient of",
            ),
        },
        caption=(
            "Size of the gradient of each layer's weights, from the image at the left to the "
            "classes at the right, on a logarithmic axis: medians of the seeds. “One weight” is "
            "the root of the mean square. Notice which end of the plain network has the larger "
            "gradients before training, and which a few epochs later."
        ),
        columns={"series": "Network", "step": "Layer", "said": "Gradient"},
    )  # fmt: skip


def signal_by_block(signals: pd.DataFrame) -> LiveFigure:
    """The variance of what leaves each block before training, with batch norm and without.

    Parameters
    ----------
    signals : pandas.DataFrame
        degradation_signals.csv.

    Returns
    -------
    LiveFigure
    """
    table = signals[signals["data"] == first_images(signals)]
    depths = sorted(set(table["depth"]))
    found: dict[tuple[str, int, str], list[Any]] = {}
    for row in table.itertuples():
        found.setdefault((row.kind, row.depth, row.batch_norm), []).append(row)

    def rows(depth: int, norm: str) -> list[dict[str, Any]]:
        return [
            {
                "step": int(row.block),
                "series": kind,
                "value": float(row.median),
                "said": powers_of_ten(row.median),
            }
            for kind in SERIES
            for row in found.get((kind, depth, norm), ())
        ]

    def finding(depth: int, norm: str) -> str:
        said = [
            f"in {network_name(kind, depth)} from {powers_of_ten(variances[0].median)} to "
            f"{powers_of_ten(variances[-1].median)}"
            for kind in SERIES
            if (variances := found.get((kind, depth, norm)))
        ]
        words = "With batch norm" if norm == "yes" else "Without batch norm"
        return f"{words} the variance goes {', '.join(said)}. Medians of the seeds."

    return LiveFigure(
        curves(series=SERIES, along="Blocks passed", log=(1e-14, 1e6)),
        name="fig-signal-by-block",
        rows=rows,
        finding=finding,
        controls={
            "norm": widgets.ToggleButtons(
                options=[("With", "yes"), ("Without", "no")], value="no", description="Batch norm"
            ),
            "depth": widgets.SelectionSlider(
                options=depths, value=56 if 56 in depths else depths[-1], description="Layers"
            ),
        },
        caption=(
            "Variance of the values after the first layer and after each block, before training, "
            "on a logarithmic axis: medians of the seeds. Notice what happens to it without batch "
            "norm in each kind of network, then switch batch norm on."
        ),
        columns={"series": "Network", "step": "Blocks passed", "said": "Variance"},
    )  # fmt: skip


def gradient_likeness(likeness: pd.DataFrame) -> LiveFigure:
    """How alike the gradients at two neighboring inputs are before training, by depth.

    Parameters
    ----------
    likeness : pandas.DataFrame
        degradation_likeness.csv.

    Returns
    -------
    LiveFigure
    """
    table = likeness[likeness["data"] == first_images(likeness)]
    depths = sorted(set(table["depth"]))
    distances = [distance for distance in sorted(set(table["distance"])) if distance > 0][::2]
    found: dict[tuple[str, int, str, float], list[tuple[int, float]]] = {}
    for row in table.itertuples():
        found.setdefault((row.kind, row.depth, row.batch_norm, row.distance), []).append(
            (int(row.seed), float(row.cosine))
        )

    def rows(distance: float, norm: str) -> list[dict[str, Any]]:
        return [
            {
                "step": depth,
                "series": kind,
                "seed": seed,
                "value": cosine,
                "median": statistics.median([other for _, other in seeds]),
                "axis_start": -0.1,
                "axis_end": 1,
            }
            for kind in SERIES
            for depth in depths
            for seeds in [found.get((kind, depth, norm, distance), [])]
            for seed, cosine in seeds
        ]

    def finding(distance: float, norm: str) -> str:
        def middle(kind: str, depth: int) -> float:
            return statistics.median(cosine for _, cosine in found[kind, depth, norm, distance])

        few, many = depths[0], depths[-1]
        plain, residual = (
            f"{middle(kind, few):.2f} with {few} layers and {middle(kind, many):.2f} with {many}"
            for kind in SERIES
        )
        words = "With batch norm" if norm == "yes" else "Without batch norm"
        return (
            f"{words}, the gradients at two inputs {_part(distance)} apart have a cosine of "
            f"{plain} in plain networks, of {residual} in residual ones."
        )

    return LiveFigure(
        seed_points(series=SERIES, along="Layers", up="Cosine", steps=depths, begins=True),
        name="fig-gradient-likeness",
        rows=rows,
        finding=finding,
        controls={
            "distance": widgets.SelectionSlider(
                options=[(_part(distance), distance) for distance in distances],
                value=distances[0],
                description="Distance",
            ),
            "norm": widgets.ToggleButtons(
                options=[("With", "yes"), ("Without", "no")], description="Batch norm"
            ),
        },
        caption=(
            "How alike the gradients of a score are at two inputs on the line between two digits: "
            "the cosine of the angle between them, before training, a point for each seed, a line "
            "through the medians. The distance is a fraction of that line. Notice how fast the "
            "likeness is lost with depth, and in which kind of network."
        ),
        columns={"series": "Network", "step": "Layers", "seed": "Seed", "value": "Cosine",
                 "median": "Median"},
    )  # fmt: skip


def _part(distance: float) -> str:
    return f"1/{round(1 / distance)}"


def without_one_block(blocks: pd.DataFrame, runs: pd.DataFrame) -> LiveFigure:
    """The error of a trained network from which one block was deleted.

    Parameters
    ----------
    blocks : pandas.DataFrame
        degradation_blocks.csv.
    runs : pandas.DataFrame
        degradation_runs.csv.

    Returns
    -------
    LiveFigure
    """
    data = first_images(blocks)
    table = blocks[blocks["data"] == data]
    whole = runs[(runs["data"] == data) & (runs["study"] == "depth")]
    depths = [depth for depth in (8, 20, 56) if depth in set(table["depth"])]
    found: dict[tuple[str, int, int], list[Any]] = {}
    for row in table.itertuples():
        found.setdefault((row.kind, row.depth, row.block), []).append(row)

    def rows(error: str, depth: int) -> list[dict[str, Any]]:
        return [
            {
                "step": block,
                "series": kind,
                "seed": int(row.seed),
                "value": round(float(getattr(row, error)), 1),
                "median": round(statistics.median([getattr(other, error) for other in there]), 1),
                "axis_end": 100,
            }
            for kind in SERIES
            for block in range(1, (depth - 2) // 2 + 1)
            for there in [found.get((kind, depth, block), [])]
            for row in there
        ]

    def finding(error: str, depth: int) -> str:
        said = []
        for kind in SERIES:
            before = whole[(whole["kind"] == kind) & (whole["depth"] == depth)][error]
            medians = [
                statistics.median([getattr(row, error) for row in there])
                for block in range(1, (depth - 2) // 2 + 1)
                if (there := found.get((kind, depth, block)))
            ]
            if medians:
                said.append(
                    f"{network_name(kind, depth)} has {percent(before.median())} when whole, "
                    f"{percent(statistics.median(medians))} without a typical block and "
                    f"{percent(max(medians))} without the block that matters most"
                )
        return f"{ERRORS[error].capitalize()}: {'; '.join(said)}. Medians of the seeds."

    return LiveFigure(
        # A line and no points: a hundred marks would be made anew at each step of the slider.
        seed_curves(series=SERIES, along="Block deleted", up="Error (%)"),
        name="fig-without-one-block",
        rows=rows,
        finding=finding,
        controls={
            "error": widgets.ToggleButtons(
                options=[(words.capitalize(), error) for error, words in ERRORS.items()],
                value="test_error",
                description="Error",
            ),
            "depth": widgets.SelectionSlider(
                options=depths, value=20 if 20 in depths else depths[-1], description="Layers"
            ),
        },
        caption=(
            "Error of trained networks with one block deleted, without training again: a thin "
            "line for each seed, a thick one through the medians. What is left of the block is the "
            "shortcut of option A, in the plain network too. Notice which network is hardly worse."
        ),
        columns={"series": "Network", "step": "Block deleted", "seed": "Seed",
                 "value": "Error (%)", "median": "Median (%)"},
    )  # fmt: skip
