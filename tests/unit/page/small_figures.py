"""Small live figures for tests: one of each kind of control, tabulated, traced, with a bench."""

import altair as alt
import ipywidgets as widgets
import pandas as pd

from convcost.arithmetic import conv_macs, conv_output_size
from convcost.page.live.bench import Bench, Goal
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where
from convcost.page.shown import STILL

CHART = (
    alt.Chart(alt.NamedData("rows"), height=80).mark_bar(clip=True).encode(x="macs:Q", y="name:N")
)


VIEW = "application/vnd.jupyter.widget-view+json"


def some_rows(**values):
    return [{"name": "a", "macs": 1}, {"name": "b", "macs": 2}]


def some_finding(**values):
    return "Nothing moves."


def slider(**traits):
    return widgets.IntSlider(**{"value": 3, "min": 1, "max": 7, "description": "Kernel"} | traits)


def figure(**changes):
    parts = {
        "name": "fig-test",
        "rows": some_rows,
        "finding": some_finding,
        "controls": {"kernel": slider()},
        "caption": "A test. Notice little.",
        "columns": {"name": "Name", "macs": "Multiply-adds"},
    } | changes
    return LiveFigure(parts.pop("chart", CHART), **parts)


def every_kind():
    return {
        "kernel": slider(step=2),
        "scale": widgets.FloatSlider(value=0.3, min=0, max=0.7, step=0.1, description="Scale"),
        "image": widgets.SelectionSlider(options=[32, 64, 224], value=64, description="Image"),
        "family": widgets.Dropdown(options=["VGG", "ResNet"], description="Family"),
        "cost": widgets.ToggleButtons(options=[("MACs", 1), ("FLOPs", 2)], description="Cost"),
        "bias": widgets.Checkbox(value=True, description="With bias"),
    }


def tabulated():
    def rows(kernel, scale, image, family, cost, bias):
        return pd.DataFrame(
            {
                "name": [f"{family} {k}" for k in range(2 if bias else 3)],
                "macs": [cost * kernel * image * (k + 1) for k in range(2 if bias else 3)],
                "share": [scale, None, 1 - scale][: 2 if bias else 3],
                "fixed": 7,
            }
        )

    def finding(kernel, scale, image, family, cost, bias):
        return f"{family} at {image} with {kernel} × {kernel}: {scale:.1f}, {cost}, {bias}."

    return figure(rows=rows, finding=finding, controls=every_kind())


def traced():
    def rows(kernel, scale, image, family, cost, bias):
        out = conv_output_size(image, kernel, 2, padding=3)
        macs = cost * conv_macs(64, 64, kernel, out, out)
        return [
            {"name": family, "macs": macs, "label": formatted(macs, ","), "fixed": 7},
            {"name": "part", "macs": macs * scale + bias, "label": "none", "fixed": None},
        ]

    def finding(kernel, scale, image, family, cost, bias):
        out = conv_output_size(image, kernel, 2, padding=3)
        with_bias = where(bias, "with bias", "without")
        return text(family, " puts out ", out, " × ", out, ", ", with_bias, formatted(scale, ".1f"))

    return figure(rows=rows, finding=finding, controls=every_kind(), traced=True)


def three_controls():
    return {
        "kernel": slider(),
        "kind": widgets.Dropdown(options=[("Plain one", "Plain one"), ("b", "b")], description="K"),
        "bias": widgets.Checkbox(value=True, description="With bias"),
    }


def bench(**changes):
    parts = {
        "groups": {"Shape": ["kernel", "kind"], "Rest": ["bias"]},
        "presets": {"Small": {"kernel": 1, "kind": "b", "bias": False}},
        "facts": lambda kernel, kind, bias: {"title": "A title", "weights": kernel * kernel + bias},
        "change": lambda before, now: text(now["weights"] - before["weights"], " weights."),
        "goals": [Goal("Two.", lambda now: now["weights"] == 2, lambda now: "Much.")],
        "code": lambda now: text("kernel = ", now["kernel"]),
        "code_title": "Code",
        "unused": lambda kernel, kind, bias: {"bias": where(kind == "b", "not for b", "")},
    } | changes
    return Bench(**parts)


def with_bench(**changes):
    def rows(kernel, kind, bias, pinned):
        was = where(pinned["is_pinned"], pinned["weights"], None)
        return [{"name": "a", "macs": kernel, "was": was}]

    parts = {
        "rows": rows,
        "finding": lambda kernel, kind, bias: text("Kernel ", kernel, "."),
        "controls": three_controls(),
        "traced": True,
        "bench": bench(),
    } | changes
    return figure(**parts)


def html_of(shown):
    bundle, metadata = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", VIEW}
    assert set(metadata) == {STILL}
    return bundle["text/html"]
