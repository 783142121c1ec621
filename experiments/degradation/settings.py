"""What is to be trained: the rows of settings.csv, and the runs that they ask for."""

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("settings.csv")
KINDS = ("plain", "residual")
FIRST = {"lesson": 3, "deep": -1}
"""So many seeds of a small study come with one of most others; a long study begins later."""


@dataclass(frozen=True)
class Run:
    """One network, one recipe, one seed.

    Attributes
    ----------
    data : {"digits", "cifar10"}
        The images.
    study : str
        The question that it belongs to.
    change : str
        What is unlike the recipe of the study of depth, in the words of the figures; "none".
    kind : {"plain", "residual"}
        Without shortcuts or with them.
    depth : int
        Layers with weights, 6n + 2.
    shortcut : {"A", "B", "C", "none"}
        The option of the shortcuts; "none" for a plain network.
    batch_norm : bool
        Whether the network has batch norm; else nothing is in its place.
    initialization : {"he", "pytorch", "orthogonal"}
        How the weights of the convolutions are drawn.
    batch : int
        Images a step.
    epochs : int
        Passes over the training images; with 0, the untrained network is looked at.
    learning_rate : float
        The highest.
    warm_up : int
        Epochs at a tenth of it in the beginning.
    seed : int
        Decides the weights and the order of the images.
    """

    data: str
    study: str
    change: str
    kind: str
    depth: int
    shortcut: str
    batch_norm: bool
    initialization: str
    batch: int
    epochs: int
    learning_rate: float
    warm_up: int
    seed: int

    @property
    def name(self) -> str:
        """A name that no other run of these settings has; its file's."""
        change = "" if self.change == "none" else f"-{self.change}"
        kept = "".join(letter for letter in change if letter.isalnum() or letter in " -")
        words = kept.replace(" ", "-")
        return f"{self.study}{words}-{self.kind}-{self.depth}-seed-{self.seed}"

    @property
    def label(self) -> str:
        """The network's name, such as resnet-56."""
        return f"{'plain' if self.kind == 'plain' else 'resnet'}-{self.depth}"

    def values(self) -> dict[str, Any]:
        """Return all settings by name."""
        return asdict(self)


def runs(data: str, path: Path = PATH) -> list[Run]:
    """Return all runs on some data, so ordered that what can be had early tells most.

    First come one seed of each study, and as many as `FIRST` says; then one more of each.

    Raises
    ------
    ValueError
        If no row is for this data, or two runs have one name.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["data"] == data]
    studies = list(dict.fromkeys(row["study"] for row in rows))
    found = [
        Run(
            data=row["data"],
            study=row["study"],
            change=row["change"],
            kind=row["kind"],
            depth=int(row["depth"]),
            shortcut=row["shortcut"],
            batch_norm=row["batch_norm"] == "yes",
            initialization=row["initialization"],
            batch=int(row["batch"]),
            epochs=int(row["epochs"]),
            learning_rate=float(row["learning_rate"]),
            warm_up=int(row["warm_up"]),
            seed=seed,
        )
        for row in rows
        for seed in range(1, int(row["seeds"]) + 1)
    ]
    names = [run.name for run in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{path.name} asks for {', '.join(twice)} more than once")
    if not found:
        raise ValueError(f"{path.name} has no row for {data!r}; it has rows for digits and cifar10")

    def turn(run: Run) -> tuple[int, int, int]:
        return max(1, run.seed + 1 - FIRST.get(run.study, 1)), studies.index(run.study), run.seed

    return sorted(found, key=turn)
