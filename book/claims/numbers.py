"""What claims print, beside what is true: the numbers that `claims.rules` judges.

A family's name stands for the members that the claim's document names; where it names none, for
all that the family's paper describes.
"""

from __future__ import annotations

from collections.abc import Callable

from claims.rules import Said, judge, of_parts
from claims.sources import Book
from convcost.arithmetic import conv_macs, conv_output_size, linear_params

__all__ = ["NUMBERS", "verdict"]

#: The networks of the two papers.
VGGS = tuple(f"paper/vgg-{letter}" for letter in ("a", "a-lrn", "b", "c", "d", "e"))
RESNETS = tuple(f"paper/resnet-{depth}" for depth in (18, 34, 50, 101, 152))
#: Those that forum post B and overview E name.
RESNETS_OF_B = RESNETS[1:]
RESNETS_OF_E = RESNETS[2:]

M, G = 1e6, 1e9
HEAD_LAYER = linear_params(512 * 7 * 7, 4096, bias=False)


def _countings(macs: int, unit: float, values: int = 0) -> dict[str, float]:
    """Return a layer's operations in each way of counting; of that many values one by one."""
    found = {"multiply-adds": macs / unit, "two for each": 2 * macs / unit}
    if values:
        found["one by one"] = (2 * macs - values) / unit
    return found


def _layer(book: Book, network: str, number: int) -> tuple[int, int]:
    """Return the multiply-adds of a convolution, counted from 0, and the values it puts out."""
    row = book.layers(network, "conv")[number]
    return row.macs, row.activations


def _share(book: Book, network: str) -> float:
    return book.params(network, "linear") / book.params(network)


def _ratio(book: Book, over: str, under: str) -> float:
    return book.params(over) / book.params(under)


#: Claim -> the numbers in it.
NUMBERS: dict[str, Callable[[Book], list[Said]]] = {
    "04": lambda b: [Said("7 to 8", {"": _ratio(b, "vgg19", "resnet34")})],
    "83": lambda b: [Said("7 to 8", {"": b.macs("vgg19") / b.macs("resnet34")})],
    "10": lambda b: [
        Said("138", {"": b.params("vgg16") / M}),
        Said("25.5", {name: b.params(name) / M for name in RESNETS_OF_B}),
    ],
    # The claim says how it counts.
    "12": lambda _: [Said("163,268", {"one by one": 98 * 98 * (9 + 8)})],
    "13": lambda _: [
        Said("4", {"": (conv_output_size(200, 3) / conv_output_size(100, 3)) ** 2}, about=True)
    ],
    "17": lambda b: [Said("170", _countings(*_scaled(_layer(b, "vgg19", 0), M)), about=True)],
    "18": lambda b: [
        Said("3.7", _countings(*_scaled(_layer(b, "vgg19", 1), G)), about=True),
    ],
    "19": lambda b: [
        Said("1", {"": conv_macs(64, 64, 3, 224, 224) / b.macs("resnet34")}, about=True)
    ],
    "20": lambda b: [Said("240", _countings(*_scaled(_layer(b, "resnet34", 0), M)))],
    "21": lambda b: [
        Said(
            "10",
            _countings(sum(_layer(b, "vgg19", n)[0] for n in range(4)), G),
            about=True,
        )
    ],
    "25": lambda b: [Said("3", {"": b.params("vgg16", "linear") / M})],
    "26": lambda b: [
        Said("123", {"": b.params("vgg16", "linear") / M}),
        Said("138", {"": b.params("vgg16") / M}),
        Said("90", {"": 100 * _share(b, "vgg16")}, about=True),
    ],
    # It speaks of what the paper prints.
    "28": lambda b: [
        Said("3.8", {"": float(b.printed("section 4.1", "paper/resnet-50"))}),
        Said("15.3", {"": float(b.printed("section 4.1", "paper/vgg-d"))}),
    ],
    "30": lambda _: [
        Said("1", {"multiply-adds": 1, "one by one": 2 - 1 / 4096, "two for each": 2}, about=True)
    ],
    "31": lambda b: [
        Said("120", {name: b.params(name, "linear") / M for name in VGGS}, about=True),
        Said("140", {name: b.params(name) / M for name in VGGS}, about=True),
    ],
    "32": lambda _: [Said("25,088", {"": 512 * 7 * 7}), Said("100", {"": HEAD_LAYER / M})],
    "33": lambda b: [Said("70", {name: 100 * HEAD_LAYER / b.params(name) for name in VGGS})],
    "34": lambda b: [Said("512,000", {name: b.params(name, "linear") - 1000 for name in RESNETS})],
    "43": lambda b: [
        Said(printed, {"": len(b.layers(name, "conv", "linear"))})
        for printed, name in zip(("11", "11", "13", "16", "16", "19"), VGGS, strict=True)
    ],
    "59": lambda b: [
        Said("3", {"": sum(r.out_height == 14 for r in b.layers("paper/resnet-152", "add"))})
    ],
    "60": lambda b: [
        Said("1", {"": sum(r.out_height == 7 for r in b.layers("paper/resnet-152", "add"))})
    ],
    "61": lambda b: [
        Said(printed, _countings(b.macs(name, shortcut=option), G))
        for printed, name, option in zip(
            ("1.8", "3.6", "3.8", "7.6", "11.3"), RESNETS, "AABBB", strict=True
        )
    ],
    # By its 16 layers the claim says which VGG it means.
    "68": lambda b: [
        Said("16", {"": len(b.layers("paper/vgg-d", "conv", "linear"))}),
        Said("138", {"": b.params("paper/vgg-d") / M}),
    ],
    "74": lambda b: [
        Said(str(row.size_mb), {model: 4 * row.count_params / 2**20})
        for model, row in b.keras.items()
    ],
    "75": lambda b: [
        Said(
            "7",
            {f"{v} by {r}": _ratio(b, v, r) for v in ("vgg16", "vgg19") for r in RESNETS_OF_E},
            about=True,
        )
    ],
    "W1": lambda b: [Said("24", {"": _listed_values(b) / M})],
    "W2": lambda b: [Said("4.1", _countings(b.macs("resnet50"), G))],
}


def verdict(claim_id: str, book: Book) -> str:
    """Give the verdict on a claim's numbers by the rules.

    Parameters
    ----------
    claim_id : str
        A key of `NUMBERS`.
    book : Book

    Returns
    -------
    str
        A verdict of the docket.
    """
    return of_parts(judge(said) for said in NUMBERS[claim_id](book))


def _scaled(layer: tuple[int, int], unit: float) -> tuple[int, float, int]:
    macs, values = layer
    return macs, unit, values


def _listed_values(book: Book) -> int:
    """Count the image and what VGG-16's convolutions, poolings and linear layers put out."""
    sides = {64: 112, 128: 56, 256: 28, 512: 14}
    pooled = sum(channels * side**2 for channels, side in sides.items()) + 512 * 7**2
    return 3 * 224**2 + book.cost("paper/vgg-d").activations + pooled
