"""Controls that only the chart reads, and long tables that can be sorted."""

import json
import re
from html.parser import HTMLParser

import altair as alt
import ipywidgets as widgets
import pytest
from py_mini_racer import MiniRacer

from convcost.page.live import assets
from convcost.page.live.figure import LiveFigure
from tests.figure_check import assert_page_agrees

NETWORKS = ["vgg16", "resnet50", "<b>'s"]


def figure(**changes):
    ring = alt.value(1), alt.value(0)
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_point()
        .encode(
            x="macs:Q",
            y="params:Q",
            opacity=alt.condition("indexof(datum.name, search) >= 0 && axes == 0", *ring),
        )
    )
    parts = {
        "rows": lambda image: [
            {"name": name, "macs": image * number, "params": number}
            for number, name in enumerate(NETWORKS, start=1)
        ],
        "finding": lambda image: f"At {image}.",
        "controls": {"image": widgets.SelectionSlider(options=[32, 64], description="Image")},
        "chart_controls": {
            "axes": widgets.ToggleButtons(options=["log", "linear"], description="Axes"),
            "search": widgets.Combobox(options=NETWORKS, placeholder="a name", description="Find"),
        },
    } | changes
    return LiveFigure(
        chart, name="fig-find", caption="A test.", columns={"name": "Network"}, **parts
    )


class Inputs(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.labels, self.inputs, self.options = [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "label" and "for" in attributes:
            self.labels.append(attributes["for"])
        if tag == "input":
            self.inputs[attributes.get("id")] = attributes
        if tag == "option":
            self.options.append(attributes["value"])


def html_of(shown):
    return shown._repr_mimebundle_()[0]["text/html"]


def test_rows_and_finding_are_asked_only_for_what_they_depend_on():
    shown = figure()
    assert shown.positions() == {"image": 0}
    assert assert_page_agrees(shown) == 2
    state = shown.chart_state()
    assert state["signals"] == ["image", "axes", "search"]
    assert state["prepared"]["grids"] == [[0, 1]]
    signals = {signal["name"]: signal.get("value") for signal in state["spec"]["signals"]}
    assert (signals["axes"], signals["search"]) == (0, "")


def test_a_search_has_a_label_and_suggestions():
    found = Inputs(html_of(figure()))
    search = found.inputs["fig-find-search"]
    assert "fig-find-search" in found.labels
    assert (search["type"], search["list"]) == ("search", "fig-find-search-options")
    assert "disabled" in search  # until a script takes over
    assert found.options == NETWORKS


def test_the_picture_shows_what_was_searched():
    shown = figure()
    shown.chart_controls["search"].value = "vgg"
    html = html_of(shown)
    assert Inputs(html).inputs["fig-find-search"]["value"] == "vgg"
    assert re.findall(r'<path [^>]*stroke-width="2" opacity="(\d)"', html) == ["1", "0", "0"]


def test_each_is_linked_in_the_page():
    shown = figure()
    linked = {link.target[1]: link.source[1] for link in shown.links}
    assert linked == {"at_image": "index", "at_axes": "index", "at_search": "value"}


def test_python_answers_whatever_the_chart_controls_say(monkeypatch):
    shown, sent = figure(), []
    monkeypatch.setattr(shown.chart_widget, "send", lambda message, **_: sent.append(message))
    question = {"type": "rows", "positions": [1, 0, "resnet"]}
    shown.chart_widget._handle_custom_msg(question, None)
    assert sent[0]["positions"] == [1, 0, "resnet"]
    assert sent[0]["finding"] == "At 64."


def test_a_text_can_not_move_the_rows():
    with pytest.raises(TypeError, match="'search' is a Combobox; a figure takes IntSlider"):
        figure(controls={"search": widgets.Combobox(description="Find")}, chart_controls={})
    with pytest.raises(TypeError, match=r"'when' is a DatePicker; a figure takes .*, Combobox"):
        figure(chart_controls={"when": widgets.DatePicker(description="When")})


@pytest.mark.parametrize(
    ("key", "sign", "names"),
    [
        ("macs", 1, ["b", "a", "d", "c"]),
        ("macs", -1, ["d", "a", "b", "c"]),
        ("name", -1, ["d", "c", "b", "a"]),
        (None, 1, ["a", "b", "c", "d"]),
    ],
)
def test_a_table_is_sorted_with_what_is_missing_last(key, sign, names):
    rows = [
        {"name": "a", "macs": 9},
        {"name": "b", "macs": -1},
        {"name": "c", "macs": None},
        {"name": "d", "macs": 10},
    ]
    with MiniRacer() as engine:
        engine.eval(assets.read("figure.js").replace("export default", "globalThis.figure ="))
        order = json.dumps({"key": key, "sign": sign})
        found = json.loads(engine.eval(f"JSON.stringify(inOrder({json.dumps(rows)}, {order}))"))
    assert [row["name"] for row in found] == names
