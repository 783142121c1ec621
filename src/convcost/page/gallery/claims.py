"""Figures of the chapter on claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import labeled_bars
from convcost.page.live.figure import LiveFigure

__all__ = ["mixed_units", "verdicts"]


class Claim(Protocol):
    """What `verdicts` reads of a claim: a record of the chapter's docket has it all."""

    @property
    def verdict(self) -> str:
        """What became of it, such as "true"."""

    @property
    def document(self) -> str:
        """Where it was found."""

    @property
    def topic(self) -> str:
        """What it is about."""

    @property
    def says(self) -> str:
        """Its kind, such as "number"."""


def verdicts(claims: Sequence[Claim], meanings: Mapping[str, str]) -> LiveFigure:
    """How many claims got which verdict, of all or of one kind, document or topic.

    Parameters
    ----------
    claims : sequence of Claim
        Records that have a ``verdict``, a ``document``, a ``topic`` and what a claim ``says``.
    meanings : mapping
        Verdict -> what it says, in the order of the bars.

    Returns
    -------
    LiveFigure
    """
    choices = [("All claims", "")]
    for column, heading in (("says", "Kind"), ("document", "Document"), ("topic", "Topic")):
        found = dict.fromkeys(getattr(claim, column) for claim in claims)
        choices += [(f"{heading}: {name}", f"{column} {name}") for name in found]

    def counts(part: str) -> Counter[str]:
        column, _, name = part.partition(" ")
        return Counter(
            claim.verdict for claim in claims if not part or getattr(claim, column) == name
        )

    def rows(part: str) -> list[dict[str, Any]]:
        found = counts(part)
        return [
            {
                "name": verdict,
                "value": found[verdict],
                "label": f"{found[verdict]} ({found[verdict] / found.total():.0%})",
                "axis_end": found.total(),
                "meaning": meaning,
            }
            for verdict, meaning in meanings.items()
        ]

    def finding(part: str) -> str:
        found = counts(part)
        return (
            f"Of {found.total()} claims, {found['true']} are right as they stand, "
            f"{found['imprecise']} in part or nearly; {found['convention']} depend on what is "
            f"counted, and {found['false']} are wrong."
        )

    return LiveFigure(
        labeled_bars(rows=len(meanings), label_px=80),
        name="fig-verdicts",
        rows=rows,
        finding=finding,
        controls={
            "part": widgets.Dropdown(options=choices, value="", description="Claims"),
        },
        caption=(
            "Verdicts on all claims, or on those of one kind, document or topic. Notice how claims "
            "that give a number fare, and how claims that give a cause do."
        ),
        columns={"name": "Verdict", "meaning": "Meaning", "value": "Claims"},
    )


def mixed_units(layer_macs: int, network_macs: int) -> LiveFigure:
    """One layer of VGG beside a whole ResNet-34, each in a unit of the reader's choice.

    Parameters
    ----------
    layer_macs, network_macs : int
        Multiply-adds of VGG-19's second convolution and of ResNet-34.

    Returns
    -------
    LiveFigure
    """
    per_mac = {"MACs": 1, "FLOPs": 2}
    options = list(per_mac)
    axis_end = 2 * network_macs

    def amounts(layer: str, network: str) -> tuple[int, int]:
        return layer_macs * per_mac[layer], network_macs * per_mac[network]

    def rows(layer: str, network: str) -> list[dict[str, Any]]:
        named = zip(
            ("VGG-19, layer 2", "ResNet-34"),
            amounts(layer, network),
            (layer, network),
            ("VGG", "ResNet"),
            strict=True,
        )
        return [
            {
                "name": name,
                "value": amount,
                "label": f"{units.count(amount).removesuffix(' G')} G{unit}",
                "axis_end": axis_end,
                "family": family,
            }
            for name, amount, unit, family in named
        ]

    def finding(layer: str, network: str) -> str:
        one, whole = amounts(layer, network)
        share = f"{one / whole:.0%}"
        if layer == network:
            return f"With both in {layer}, the layer takes {share} of what ResNet-34 takes."
        return (
            f"With the layer in {layer} and the network in {network}, the layer's number is "
            f"{share} of the network's, which means nothing."
        )

    return LiveFigure(
        labeled_bars(rows=2, domain=("VGG", "ResNet"), name_px=100),
        name="fig-mixed-units",
        rows=rows,
        finding=finding,
        controls={
            "layer": widgets.ToggleButtons(
                options=options, value="FLOPs", description="Count the layer in"
            ),
            "network": widgets.ToggleButtons(
                options=options, value="MACs", description="Count the network in"
            ),
        },
        caption=(
            "The second convolution of VGG-19 beside all of ResNet-34. Notice that the two look "
            "equal in one setting only, that of the claim, where their units differ."
        ),
        columns={"name": "Part", "label": "Operations"},
    )
