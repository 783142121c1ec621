"""A bench: what stands around the chart of a figure with many controls.

Groups of controls, settings to start from, what the last move changed, a setting that is pinned to
compare with, goals to reach, and the code that makes the same thing in Python.  All that is
computed is traced from Python; the page's script moves positions, addresses and words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import ipywidgets as widgets

from convcost.page.live import controls as kinds
from convcost.page.live.tracing import Expression, packed

__all__ = ["FIRST_WORDS", "PINNED", "Bench", "Goal", "Snapshot"]

Snapshot = Mapping[str, Any]
"""A setting and what it comes to: the controls' values and the bench's facts, by name."""

#: Signal in which the page keeps the snapshot before the last move.
BEFORE = "cc_before"

#: Signal in which the page keeps the pinned snapshot.
PINNED = "cc_pinned"

#: What stands where the last move is told, before the first.
FIRST_WORDS = "Move a control, or begin with a known network: this line says what that changed."

#: Key of a pinned snapshot: whether anything is pinned.
IS_PINNED = "is_pinned"


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to reach by moving the controls.

    Attributes
    ----------
    title : str
        What is to be reached, as an invitation.
    met : callable
        Maps a snapshot to whether it is reached.
    given_up : callable
        Maps a snapshot that reaches it to a sentence: what it cost.
    """

    title: str
    met: Callable[[Snapshot], Any]
    given_up: Callable[[Snapshot], Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a figure has around its chart.

    Attributes
    ----------
    groups : mapping of str to sequence of str
        Heading -> names of its controls; each control of the figure once, in their order.
    presets : mapping of str to mapping
        Name of a setting -> value of every control.
    facts : callable
        Maps the controls' values to numbers and texts by name: what settings are compared by; one
        is the setting's ``title``.
    change : callable
        Maps two snapshots, before and now, to a sentence: what was moved, and what it did.
    goals : sequence of Goal
    code : callable
        Maps the present snapshot to Python code that makes what the figure shows.
    code_title : str
        What the fold with the code is called.
    unused : callable, optional
        Maps the controls' values to why a control has no effect now, by its name: an empty text
        where it has one. Such a control is disabled, and says why.
    """

    groups: Mapping[str, Sequence[str]]
    presets: Mapping[str, Mapping[str, Any]]
    facts: Callable[..., Mapping[str, Any]]
    change: Callable[[Snapshot, Snapshot], Any]
    goals: Sequence[Goal]
    code: Callable[[Snapshot], Any]
    code_title: str
    unused: Callable[..., Mapping[str, Any]] = field(default=lambda **_: {})

    def check(self, controls: Mapping[str, widgets.Widget]) -> None:
        """Raise ValueError unless groups and presets name each control.

        Parameters
        ----------
        controls : mapping of str to ipywidgets.Widget
            The figure's.
        """
        listed = [name for names in self.groups.values() for name in names]
        if listed != list(controls):
            raise ValueError(
                f"The groups list {listed}, and the controls are {list(controls)}: each control "
                "stands in one group, and all in the same order."
            )
        for label, preset in self.presets.items():
            if preset.keys() != controls.keys():
                raise ValueError(
                    f"The preset {label!r} must set every control; it leaves out or adds "
                    f"{sorted(preset.keys() ^ controls.keys())}."
                )

    def now(self, values: Mapping[str, Any]) -> Snapshot:
        """Return the snapshot of a setting."""
        return {**values, **self.facts(**values)}

    def said(self, values: Mapping[str, Any], before: Snapshot) -> dict[str, Any]:
        """Return all that the bench says of a setting, numbers or symbols.

        Parameters
        ----------
        values : mapping
            The controls' values.
        before : mapping
            The snapshot before the last move.

        Returns
        -------
        dict
            ``now``, ``change``, ``unused``, ``goals`` (whether each is met, and what was given
            up) and ``code``.
        """
        now = self.now(values)
        return {
            "now": now,
            "change": self.change(before, now),
            "unused": self.unused(**values),
            "goals": [[goal.met(now), goal.given_up(now)] for goal in self.goals],
            "code": self.code(now),
        }

    def pinned(self, values: Mapping[str, Any], is_pinned: bool = False) -> Snapshot:
        """Return what a figure's rows get as ``pinned``: this setting, or that nothing is."""
        return {**self.now(values), IS_PINNED: is_pinned}

    def remembered(self, symbols: Mapping[str, Any], signal: str) -> Snapshot:
        """Return symbols for a snapshot that the page keeps in a signal."""
        return {name: Expression(f"{signal}.{name}") for name in (*self.now(symbols), IS_PINNED)}

    def signals(self, symbols: Mapping[str, Any]) -> dict[str, Any]:
        """Return the signals by which the page's script asks what is said, and remembers.

        Parameters
        ----------
        symbols : mapping
            Symbols for the controls' values.
        """
        said = self.said(symbols, self.remembered(symbols, BEFORE))
        computed = {
            f"cc_{name}": part if isinstance(part, (str, Expression)) else packed(part)
            for name, part in said.items()
        }
        return {BEFORE: {}, PINNED: {IS_PINNED: False}, **computed}

    def told(self, controls: Mapping[str, widgets.Widget]) -> dict[str, Any]:
        """Return what the page's script is told beside the signals.

        Returns
        -------
        dict
            ``controls``: for each its label, and either the word for each of its positions in an
            address or its range; ``presets``: positions by name; ``above`` and ``below``: what
            stands around the chart, as HTML; ``first_words``.
        """
        return {
            "controls": {name: _in_address(control) for name, control in controls.items()},
            "presets": [
                {name: kinds.position_of(controls[name], value) for name, value in preset.items()}
                for preset in self.presets.values()
            ],
            "above": self.above(),
            "first_words": FIRST_WORDS,
            "below": self.below(),
        }

    def in_groups(self, controls: Mapping[str, widgets.Widget]) -> widgets.Widget:
        """Return the controls as a notebook shows them: one group open at a time."""
        row = widgets.Layout(flex_flow="row wrap")
        shelves = [
            widgets.HBox([controls[name] for name in names], layout=row)
            for names in self.groups.values()
        ]
        return widgets.Accordion(shelves, titles=tuple(self.groups), selected_index=0)

    def grouped(self, controls: Mapping[str, str]) -> str:
        """Return the controls, each as HTML, in groups with headings that can be folded."""
        return "".join(
            f'<details class="live-group" open><summary>{escape(heading)}</summary>'
            f"<div>{''.join(controls[name] for name in names)}</div></details>"
            for heading, names in self.groups.items()
        )

    def above(self) -> str:
        """Return what stands above the controls, as HTML: presets, pin and link."""
        buttons = "".join(
            f'<button type="button" aria-pressed="false">{escape(label)}</button>'
            for label in self.presets
        )
        return (
            f'<div class="live-presets" role="group" aria-label="Start from">{buttons}</div>'
            '<div class="live-actions"><button type="button" class="live-pin">Pin to compare'
            '</button><button type="button" class="live-link">Copy the link</button>'
            '<span class="live-pinned"></span></div>'
        )

    def below(self) -> str:
        """Return what stands below the chart, as HTML: goals, and code."""
        goals = "".join(
            f'<li><span class="live-goal">{escape(goal.title)}</span><span></span></li>'
            for goal in self.goals
        )
        return (
            f'<div class="live-goals"><p>Challenges</p><ol>{goals}</ol></div>'
            f'<details class="live-code"><summary>{escape(self.code_title)}</summary><div>'
            '<button type="button" class="live-copy">Copy the code</button>'
            '<pre tabindex="0"><code></code></pre></div></details>'
        )


def _in_address(control: widgets.Widget) -> dict[str, Any]:
    label = control.description
    if isinstance(control, kinds.SLIDERS):
        return {"label": label, "min": control.min, "max": control.max, "step": control.step}
    values = [str(kinds.value_at(control, here)) for here in kinds.positions(control)]
    return {
        "label": label,
        "words": [re.sub(r"[^\w.]+", "-", v.lower()).strip("-") for v in values],
    }
