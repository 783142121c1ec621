"""The tables that the chapter reads, from the files of the runs."""

import csv
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.degradation.networks import LAGS, POINTS
from experiments.tables import write_table

Found = dict[str, Any]
Row = dict[str, object]

SETTINGS = (
    "data", "study", "change", "kind", "depth", "shortcut", "batch_norm", "initialization", "batch",
    "epochs", "learning_rate", "warm_up", "seed",
)  # fmt: skip
WHICH = ("data", "study", "change", "kind", "depth", "seed")
MACHINE = ("processor_s", "wall_s", "machine", "threads", "python", "torch", "torchvision")
LAST = ("loss", "batch_error", "train_error", "test_error")


def short(value: float) -> str:
    """Write a number in four significant digits."""
    return f"{value:.4g}"


def yes_or_no(found: Found) -> Found:
    """Return settings as settings.csv writes them."""
    return {**found, "batch_norm": "yes" if found["batch_norm"] else "no"}


def final_errors(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield each training run, with where it ended and on which machine."""
    for found in map(yes_or_no, runs):
        if found["curve"]:
            last = found["curve"][-1]
            yield {
                **{name: found[name] for name in (*SETTINGS, "params", *MACHINE)},
                "last_epoch": last["number"],
                **{name: short(last[name]) for name in LAST},
            }


def curves(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield each epoch of each training run."""
    for found in runs:
        for epoch in found["curve"]:
            yield {
                **{name: found[name] for name in WHICH},
                "epoch": epoch["number"],
                **{name: f"{epoch[name]:.2f}" for name in ("train_error", "test_error")},
            }  # fmt: skip


def over_seeds(
    runs: Iterable[Found], part: str, by: tuple[str, ...], own: tuple[str, ...], value: str
) -> Iterator[Row]:
    """Yield the median, lowest and highest of a value over the seeds."""
    groups: dict[tuple[object, ...], list[float]] = {}
    for found in map(yes_or_no, runs):
        for row in found[part]:
            key = tuple(found[name] for name in by) + tuple(row[name] for name in own)
            groups.setdefault(key, []).append(row[value])
    for key, values in groups.items():
        yield {
            **dict(zip((*by, *own), key, strict=True)),
            "seeds": len(values),
            "median": short(statistics.median(values)),
            "lowest": short(min(values)),
            "highest": short(max(values)),
        }


def gradients(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield the norm of each layer's gradient, at four moments of training."""
    trained = (found for found in runs if found["curve"])
    by, own = ("data", "kind", "depth"), ("epoch", "layer", "weights")
    return over_seeds(trained, "gradients", by, own, "gradient_norm")


def signals(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield the variance behind each block before training."""
    looked = [
        {**found, "signal": [
            {"block": block, "variance": variance} for block, variance in enumerate(found["signal"])
        ]}
        for found in runs
    ]  # fmt: skip
    by = ("data", "kind", "depth", "batch_norm")
    return over_seeds(looked, "signal", by, ("block",), "variance")


def likeness(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield how alike gradients at neighboring inputs are before training."""
    for found in map(yes_or_no, runs):
        for lag, cosine in zip(LAGS, found["likeness"], strict=bool(found["likeness"])):
            yield {
                **{name: found[name] for name in ("data", "kind", "depth", "batch_norm", "seed")},
                "distance": lag / (POINTS - 1),
                "cosine": f"{cosine:.4f}",
            }


def deleted_blocks(runs: Iterable[Found]) -> Iterator[Row]:
    """Yield the errors of trained networks of which one block was deleted."""
    for found in runs:
        for row in found["deleted"]:
            yield {
                **{name: found[name] for name in ("data", "kind", "depth", "seed")},
                "block": row["block"],
                **{name: f"{row[name]:.2f}" for name in ("train_error", "test_error")},
            }


TABLES: Mapping[str, Callable[[Iterable[Found]], Iterator[Row]]] = {
    "degradation_runs.csv": final_errors,
    "degradation_curves.csv": curves,
    "degradation_gradients.csv": gradients,
    "degradation_signals.csv": signals,
    "degradation_likeness.csv": likeness,
    "degradation_blocks.csv": deleted_blocks,
}


def write_tables(data: str, runs: list[Found], folder: Path) -> list[Path]:
    """Write all tables; what they hold of other data stays.

    Parameters
    ----------
    data : str
        The images of the runs.
    runs : list of dict
        What the runs found.
    folder : pathlib.Path
        Where the tables are.

    Returns
    -------
    list of pathlib.Path
        The tables that were written: those for which there is something to write.
    """
    written = []
    for name, rows_of in TABLES.items():
        path, rows = folder / name, list(rows_of(runs))
        if not rows:
            continue
        others: list[Row] = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                others = [row for row in csv.DictReader(lines) if row["data"] != data]
        write_table(path, list(rows[0]), [*others, *rows])
        written.append(path)
    return written
