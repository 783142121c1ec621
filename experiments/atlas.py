"""Measure every network of the catalogue at several input sizes, for the chapter "The atlas".

``python -m experiments.atlas`` writes book/data/atlas.csv: a row for each network and input size,
with the accuracy of the weights that comparisons take. Where a network cannot take a size, the
costs are empty and the reason is given. It needs timm; without it, its networks are left out with
a sentence that says so.
"""

from collections.abc import Sequence

from convcost import measure
from convcost.architectures.catalogue import Accuracy, Entry, accuracies, entries
from experiments.tables import DATA, write_table

PATH = DATA / "atlas.csv"
SIZES = (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448)
"""Heights and widths in pixels; each network is measured at its own default size besides."""

COSTS = ("params", "macs", "activations")
COLUMNS = (
    "name", "family", "source", "year", "default_input_size", "input_size", *COSTS,
    "weights", "recipe", "top1_percent", "top5_percent", "reason",
)  # fmt: skip


def rows_of(
    entry: Entry, accuracy: Accuracy | None, sizes: Sequence[int]
) -> list[dict[str, object]]:
    """Measure one network at all sizes.

    Parameters
    ----------
    entry : Entry
        The network.
    accuracy : Accuracy or None
        Of its default weights.
    sizes : sequence of int
        Heights and widths, in pixels; the network's own is added.

    Returns
    -------
    list of dict
        A row for each size, smallest first.

    Raises
    ------
    ModuleNotFoundError
        If the package that the network comes from is not installed.
    ValueError
        If a network refuses sizes in a way that `reason` does not know.
    """
    costs = {}
    for size in sorted({*sizes, entry.image}):
        try:
            cost = measure(entry.name, (1, 3, size, size))
        except ValueError as refused:
            if size == entry.image:
                raise
            costs[size] = str(refused)
        else:
            costs[size] = {column: getattr(cost, column) for column in COSTS}
    own = costs[entry.image]
    rows = []
    for size, cost in costs.items():
        taken = isinstance(cost, dict)
        rows.append(
            {
                "name": entry.name,
                "family": entry.family,
                "source": entry.source,
                "year": entry.year,
                "default_input_size": entry.image,
                "input_size": size,
                **(cost if taken else {"params": own["params"]}),
                "weights": accuracy and accuracy.weights,
                "recipe": accuracy and accuracy.recipe,
                "top1_percent": accuracy and accuracy.top1_percent,
                "top5_percent": accuracy and accuracy.top5_percent,
                "reason": "" if taken else reason(entry, size, costs),
            }
        )
    return rows


def reason(entry: Entry, size: int, costs: dict[int, object]) -> str:
    """Say why a network cannot take a size, judging by all that it takes and refuses."""
    taken = [other for other, cost in costs.items() if isinstance(cost, dict)]
    if taken == [entry.image]:
        return f"takes {entry.image} × {entry.image} pixels only"
    if size < min(taken):
        return "too small: its maps would vanish before the last layer"
    raise ValueError(f"{entry.name} refuses {size} pixels, but neither all others nor all below: "
                     f"{costs[size]}")  # fmt: skip


def main() -> None:
    """Write the table."""
    defaults = {accuracy.name: accuracy for accuracy in accuracies() if accuracy.is_default}
    catalogue = entries()
    rows = []
    for number, entry in enumerate(catalogue, start=1):
        try:
            rows += rows_of(entry, defaults.get(entry.name), SIZES)
        except ModuleNotFoundError as missing:
            print(f"Left out: {missing}", flush=True)
        print(f"{number}/{len(catalogue)} {entry.name}", flush=True)
    write_table(PATH, COLUMNS, rows)


if __name__ == "__main__":
    main()
