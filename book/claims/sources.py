"""What evidence is drawn from: networks, each measured once, and two tables of the book."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from convcost import LayerCost, ModelCost, measure
from convcost.architectures import build
from convcost.architectures.catalogue import KerasModel, keras_models

__all__ = ["Book", "KerasRow"]


@dataclass(frozen=True, slots=True)
class KerasRow(KerasModel):
    """One row of Keras's table of applications, whole.

    Attributes
    ----------
    size_mb, depth : int
        As printed.
    cpu_ms_per_step, gpu_ms_per_step : float
        As printed; nobody measured them here.
    """

    size_mb: int
    depth: int
    cpu_ms_per_step: float
    gpu_ms_per_step: float


class Book:
    """The numbers that this book counts, and those that it quotes.

    Parameters
    ----------
    data : pathlib.Path
        The book's folder of data files.

    Attributes
    ----------
    keras : dict of str to KerasRow
        Keras's name of a model -> its row of the table of applications.
    """

    def __init__(self, data: Path) -> None:
        steps = {row["model"]: row for row in _read(data / "keras_steps.csv")}
        self.keras = {model.model: _whole(model, steps[model.model]) for model in keras_models()}
        self._published = _read(data / "published.csv")
        self._costs: dict[tuple[Any, ...], ModelCost] = {}

    def cost(self, network: str, image: int = 224, **options: Any) -> ModelCost:
        """Measure a network, if that has not been done before.

        Parameters
        ----------
        network : str
            A name that `convcost.build` takes.
        image : int
            Height and width of the image, in pixels.
        **options
            Options of `convcost.build`, such as ``shortcut="A"``.

        Returns
        -------
        ModelCost
        """
        key = (network, image, *sorted(options.items()))
        if key not in self._costs:
            with torch.device("meta"):
                self._costs[key] = measure(build(network, **options), (1, 3, image, image))
        return self._costs[key]

    def layers(
        self, network: str, *kinds: str, image: int = 224, **options: Any
    ) -> list[LayerCost]:
        """Return the operations of a network that are of some kinds, such as "conv".

        Parameters
        ----------
        network : str
        *kinds : str
            As in `LayerCost`; all of them if none is given.
        image : int
        **options
            See `cost`.

        Returns
        -------
        list of LayerCost
        """
        every = self.cost(network, image, **options).layers
        return [layer for layer in every if not kinds or layer.kind in kinds]

    def params(self, network: str, *kinds: str, image: int = 224, **options: Any) -> int:
        """Count the parameters of a network, or of its operations of some kinds."""
        return sum(layer.params for layer in self.layers(network, *kinds, image=image, **options))

    def macs(self, network: str, *kinds: str, image: int = 224, **options: Any) -> int:
        """Count the multiply-adds of a network, or of its operations of some kinds."""
        return sum(layer.macs for layer in self.layers(network, *kinds, image=image, **options))

    def vgg_errors(self, configuration: str) -> dict[tuple[str, str], float]:
        """Return the top-1 errors that tables 3 and 4 of the VGG paper print, in percent.

        Parameters
        ----------
        configuration : str
            Its letter, such as "D".

        Returns
        -------
        dict
            Table and setting of a row -> error.
        """
        return {
            (row["place"], row["options"]): float(row["printed"])
            for row in self._published
            if (row["paper"], row["printed_name"]) == ("VGG", configuration)
            and row["place"] in ("table 3", "table 4")
            and row["quantity"] == "top1_error"
        }

    def printed(self, place: str, network: str) -> str:
        """Return the one figure that a paper prints for a network.

        Parameters
        ----------
        place : str
            Such as "table 1".
        network : str
            Its name here, such as "paper/resnet-50".

        Returns
        -------
        str
            To the letter.

        Raises
        ------
        LookupError
            If published.csv has none, or several.
        """
        found = [
            row["printed"]
            for row in self._published
            if (row["place"], row["name"]) == (place, network)
        ]
        if len(found) != 1:
            raise LookupError(
                f"published.csv has {len(found)} figures of {network!r} in {place!r}, expected "
                "one: see its columns place and name"
            )
        return found[0]


def _whole(model: KerasModel, step: dict[str, str]) -> KerasRow:
    return KerasRow(
        **asdict(model),
        size_mb=int(step["size_mb"]),
        depth=int(step["depth"]),
        cpu_ms_per_step=float(step["cpu_ms_per_step"]),
        gpu_ms_per_step=float(step["gpu_ms_per_step"]),
    )


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
