"""What a control offers: its positions, the signal it sets, and its form on a page without Python.

A *position* is what travels to the page: a number for a slider, a bool for a checkbox, the index
for a selection.  A *value* is what the Python functions of a figure get: for a selection the
chosen option's value, else the same as the position.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from convcost.page.live.tracing import Expression, choose, formatted, symbol

__all__ = [
    "CHART_KINDS", "KINDS", "SLIDERS", "control_html", "linked_trait", "number_labels", "played",
    "position", "position_of", "positions", "traced", "value_at",
]  # fmt: skip

Position = int | float | bool | str

SLIDERS = (widgets.IntSlider, widgets.FloatSlider)
"""Those of them that have ends and a step."""

SELECTIONS = (widgets.SelectionSlider, widgets.Dropdown, widgets.ToggleButtons)
KINDS = (*SLIDERS, *SELECTIONS, widgets.Checkbox)
"""The ipywidgets classes that a figure takes as controls."""

CHART_KINDS = (*KINDS, widgets.Combobox)
"""The classes that a figure takes as controls of the chart alone: a text too, with suggestions."""

MAX_POSITIONS_PER_CONTROL = 100_000


def linked_trait(control: widgets.Widget) -> str:
    """Return the trait that holds the position; a selection's value can't be linked in a page."""
    return "index" if isinstance(control, SELECTIONS) else "value"


def position(control: widgets.Widget) -> Position:
    """Return where the control stands.

    Raises
    ------
    ValueError
        If a selection has nothing selected.
    """
    here: Position | None = getattr(control, linked_trait(control))
    if here is None:
        raise ValueError(f"The control {control.description!r} has no choice: give it a value.")
    return here


def positions(control: widgets.Widget) -> list[Position]:
    """Return all positions that the control can take, in order."""
    if isinstance(control, SELECTIONS):
        return list(range(len(_options(control))))
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if not control.step > 0:
        raise ValueError(f"The slider {control.description!r} has the step {control.step!r}.")
    # The half thousandth of a step forgives a float's rounding: (0.3 - 0) / 0.1 < 3.
    count = math.floor((control.max - control.min) / control.step + 5e-4) + 1
    if count > MAX_POSITIONS_PER_CONTROL:
        raise ValueError(
            f"The slider {control.description!r} has {count} positions: give it a larger step."
        )
    if isinstance(control, widgets.IntSlider):
        return [control.min + i * control.step for i in range(count)]
    return [round(control.min + i * control.step, 10) for i in range(count)]


def value_at(control: widgets.Widget, here: Position) -> Any:
    """Return the value that a figure's functions get when the control stands at `here`."""
    if isinstance(control, SELECTIONS):
        return _options(control)[int(here)][1]
    if isinstance(control, widgets.Checkbox):
        return bool(here)
    return int(here) if isinstance(control, widgets.IntSlider) else float(here)


def position_of(control: widgets.Widget, value: Any) -> Position:
    """Return where the control stands when it has a value.

    Raises
    ------
    ValueError
        If it can't have it.
    """
    for here in positions(control):
        if value_at(control, here) == value:
            return here
    raise ValueError(f"The control {control.description!r} has no position for {value!r}.")


def said(control: widgets.Widget, here: Position) -> str:
    """Return what a control says at a position."""
    if isinstance(control, widgets.Checkbox):
        return "yes" if here else "no"
    if isinstance(control, SELECTIONS):
        return str(_options(control)[int(here)][0])
    return str(formatted(here, control.readout_format))


def others(control: widgets.Widget) -> list[Position]:
    """Return positions to tell of beside the present one: a slider's far end, all other choices."""
    here, every = position(control), positions(control)
    if isinstance(control, (*SLIDERS, widgets.SelectionSlider)):
        return [every[-1] if every.index(here) < len(every) / 2 else every[0]]
    return every[every.index(here) + 1 :] + every[: every.index(here)]


def played(slider: widgets.Widget) -> dict[str, Any]:
    """Return what the page must know of a slider to play it."""
    return {
        "label": slider.description, "min": slider.min, "max": slider.max, "step": slider.step,
    }  # fmt: skip


def number_labels(controls: Mapping[str, widgets.Widget]) -> dict[str, list[str]]:
    """Return what each selection says at its positions, if that begins with a number, else nothing.

    The page tells by it which numbers of a finding only repeat what a control says.
    """
    labels = {
        name: [label for label, _ in _options(control)]
        for name, control in controls.items()
        if isinstance(control, SELECTIONS)
    }
    return {
        name: said if all(label[:1].isdigit() for label in said) else []
        for name, said in labels.items()
    }


def traced(control: widgets.Widget, name: str) -> Expression:
    """Return the expression that stands for the value of a control whose signal is `name`."""
    if not isinstance(control, SELECTIONS):
        return symbol(name)
    values = [value for _, value in _options(control)]
    if values == list(range(len(values))):
        return symbol(name)
    expression: Expression = choose(symbol(name), values)
    return expression


def control_html(control: widgets.Widget, identifier: str, *, plays: bool = False) -> str:
    """Return the control as native form elements, disabled until the page's script takes over.

    Parameters
    ----------
    control : ipywidgets.Widget
    identifier : str
        The ``id`` of the input, unique on the page; for radio buttons their common name.
    plays : bool
        Whether a button beside the slider moves it on.
    """
    label = escape(control.description)
    here = position(control)
    model = f'data-model="{control.model_id}"'
    off = 'autocomplete="off" disabled'
    if isinstance(control, widgets.Combobox):
        options = "".join(f'<option value="{escape(option)}">' for option in control.options)
        return (
            f'<div class="live-control live-search" {model}><label for="{identifier}">{label}'
            f'</label><input type="search" id="{identifier}" list="{identifier}-options" '
            f'value="{escape(str(here))}" placeholder="{escape(control.placeholder)}" '
            f'spellcheck="false" {off}><datalist id="{identifier}-options">{options}</datalist>'
            "</div>"
        )
    if isinstance(control, widgets.Checkbox):
        checked = " checked" if here else ""
        return (
            f'<div class="live-control live-check" {model}><label for="{identifier}">'
            f'<input type="checkbox" id="{identifier}"{checked} disabled> {label}</label></div>'
        )
    if isinstance(control, widgets.ToggleButtons):
        choices = "".join(
            f'<label><input type="radio" name="{identifier}" value="{i}"'
            f"{' checked' if i == here else ''} disabled> {escape(name)}</label>"
            for i, (name, _) in enumerate(_options(control))
        )
        return (
            f'<fieldset class="live-control live-choice" {model}><legend>{label}</legend>'
            f"<div>{choices}</div></fieldset>"
        )
    if isinstance(control, widgets.Dropdown):
        options = "".join(
            f'<option value="{i}"{" selected" if i == here else ""}>{escape(name)}</option>'
            for i, (name, _) in enumerate(_options(control))
        )
        return (
            f'<div class="live-control live-menu" {model}><label for="{identifier}">{label}</label>'
            f'<select id="{identifier}" {off}>{options}</select></div>'
        )
    if isinstance(control, widgets.SelectionSlider):
        low, high, step = 0, len(_options(control)) - 1, 1
    else:
        low, high, step = control.min, control.max, control.step
    shown = said(control, here)
    play = '<button type="button" class="live-play" disabled>Play</button>' if plays else ""
    return (
        f'<div class="live-control live-slider" {model}><label for="{identifier}">{label}</label>'
        f'<output for="{identifier}" aria-live="off">{escape(shown)}</output>'
        f'<input type="range" id="{identifier}" min="{low}" max="{high}" step="{step}" '
        f'value="{here}" aria-valuetext="{escape(shown)}" {off}>{play}</div>'
    )


def _options(control: widgets.Widget) -> list[tuple[str, Any]]:
    """Return (label, value) of each option; ipywidgets takes pairs, or values that are labels."""
    return [
        option if isinstance(option, tuple) and len(option) == 2 else (str(option), option)
        for option in control.options
    ]
