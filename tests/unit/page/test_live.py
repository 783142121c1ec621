"""Live figures in Python: what they prepare, what they refuse, what they answer."""

import json
import re

import altair as alt
import ipywidgets as widgets
import pandas as pd
import pytest

from convcost.page.live import assets, controls
from tests.figure_check import assert_page_agrees
from tests.unit.page.small_figures import (
    CHART,
    every_kind,
    figure,
    html_of,
    slider,
    some_rows,
    tabulated,
    traced,
)


@pytest.mark.parametrize("make", [tabulated, traced])
def test_the_page_has_what_python_computes_at_every_position(make):
    assert assert_page_agrees(make()) == 4 * 8 * 3 * 2 * 2 * 2


def test_the_comparison_can_fail():
    """A wrong formula in the page, and a wrong state, are found."""
    wrong = traced()
    signals = wrong.chart_widget.spec["signals"]
    part = next(signal for signal in signals if "floor(" in signal.get("update", ""))
    part["update"] = part["update"].replace("floor(", "ceil(", 1)
    with pytest.raises(AssertionError, match="fig-test at"):
        assert_page_agrees(wrong)
    stale = tabulated()
    stale.chart_widget.prepared["findings"]["at"][-1] = 0
    with pytest.raises(AssertionError, match="fig-test at"):
        assert_page_agrees(stale)


def test_positions_of_each_kind():
    kinds = every_kind()
    assert {name: controls.positions(control) for name, control in kinds.items()} == {
        "kernel": [1, 3, 5, 7],
        "scale": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        "image": [0, 1, 2],
        "family": [0, 1],
        "cost": [0, 1],
        "bias": [False, True],
    }
    assert controls.value_at(kinds["image"], 2) == 224
    assert controls.value_at(kinds["cost"], 1) == 2
    assert controls.value_at(kinds["bias"], 1) is True


def test_the_table_says_nothing_twice():
    state = tabulated().chart_state()["prepared"]
    columns = dict(zip(state["keys"], state["columns"], strict=True))
    assert [len(names) for names in columns["name"]["distinct"]] == [3, 2, 3, 2]
    assert len(columns["share"]["distinct"]) == 2 * 8
    constant = figure().chart_state()["prepared"]
    assert constant["columns"][1] == {"distinct": [[1, 2]], "at": None}
    assert constant["findings"] == {"distinct": ["Nothing moves."], "at": None}
    # Numbers of a data frame travel as plain integers, without ".0".
    frame = figure(rows=lambda kernel: pd.DataFrame({"name": ["a"], "macs": [kernel * 10**9]}))
    assert json.dumps(frame.chart_state()["prepared"]["columns"][1]["distinct"][:2]) == (
        "[[1000000000], [2000000000]]"
    )


def test_the_chart_may_use_a_control_as_parameter():
    chart = CHART.encode(x=alt.X("macs:Q").scale(domainMax=alt.ExprRef("kernel * 10")))
    state = figure(chart=chart).chart_state()
    assert {"name": "kernel", "value": 3} in state["spec"]["signals"]
    assert state["signals"] == ["kernel"]


def test_axes_keep_the_order_of_the_rows():
    """Also in the picture: z before a."""

    def rows(kernel):
        return [{"name": name, "macs": kernel} for name in "zab"]

    unsorted = CHART.encode(y=alt.Y("name:N", sort=None))
    svg = html_of(figure(chart=unsorted + unsorted.mark_point(), rows=rows))
    labels = re.findall(
        r'text-anchor="end" transform="translate\([-\d.]+,([\d.]+)\)"[^>]*>(\w)<', svg
    )
    assert [name for _, name in sorted(labels, key=lambda label: float(label[0]))] == list("zab")


def test_a_chart_whose_order_would_depend_on_history_is_refused():
    chart = CHART.encode(x="sum(macs):Q", y=alt.Y("name:N", sort=None))
    with pytest.raises(ValueError, match="sort="):
        figure(chart=chart)
    figure(chart=chart.encode(y=alt.Y("name:N", sort=["a", "b"])))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"controls": {"width": slider()}}, ValueError, "'width'"),
        ({"controls": {"cc_n": slider()}}, ValueError, "'cc_n'"),
        ({"controls": {"two words": slider()}}, ValueError, "two words"),
        ({"controls": {"n": slider(description="")}}, ValueError, "description"),
        ({"controls": {"n": widgets.Text(description="N")}}, TypeError, "IntSlider"),
        ({"controls": {"n": slider(max=10_000)}}, ValueError, "at most 4,000"),
        ({"plays": "speed"}, ValueError, "plays='speed'"),
        ({"columns": {"flops": "FLOPs"}}, ValueError, "flops"),
        ({"rows": lambda kernel: []}, ValueError, "no row"),
        ({"rows": lambda kernel: [{"a": 1}, {"b": 1}]}, ValueError, "same keys"),
        ({"finding": lambda kernel: 3}, TypeError, "must give a text"),
        ({"chart": alt.Chart(alt.NamedData("data")).mark_bar()}, ValueError, "'rows'"),
        ({"controls": {"kernel": widgets.Dropdown(options=["a"], value=None, description="N")}},
         ValueError, "no choice"),
        ({"traced": True, "finding": lambda kernel: "odd" if kernel % 2 else "even"}, TypeError,
         "where(condition"),
        ({"traced": True, "finding": lambda kernel: f"{kernel}"}, TypeError, "text("),
    ],
)  # fmt: skip
def test_misuse_is_refused_with_a_sentence(changes, error, said):
    with pytest.raises(error) as caught:
        figure(**changes)
    assert said in str(caught.value)


def test_an_error_in_the_functions_names_the_position():
    def rows(kernel):
        return some_rows() if kernel < 5 else [some_rows()[kernel]]

    with pytest.raises(IndexError) as caught:
        figure(rows=rows)
    assert caught.value.__notes__ == ["In the figure 'fig-test', with {'kernel': 5}."]


class Wire:
    """Records what a figure sends to the page."""

    def __init__(self, shown, monkeypatch):
        self.sent = []
        monkeypatch.setattr(
            shown.chart_widget,
            "send",
            lambda content, buffers=None: self.sent.append((content, buffers)),
        )
        self.ask = lambda question: shown.chart_widget._handle_custom_msg(question, None)


def test_python_answers_for_a_position_that_was_not_prepared(monkeypatch):
    shown = figure(
        rows=lambda kernel: [{"name": "a", "macs": kernel}],
        finding=lambda kernel: f"Kernel {kernel}.",
    )
    shown.controls["kernel"].max = 200
    shown.controls["kernel"].value = 100
    assert shown.positions() == {"kernel": 100}
    wire = Wire(shown, monkeypatch)
    wire.ask({"type": "rows", "positions": [100]})
    assert wire.sent == [
        (
            {
                "type": "rows",
                "positions": [100],
                "rows": [{"name": "a", "macs": 100}],
                "finding": "Kernel 100.",
            },
            None,
        )
    ]


def test_what_python_could_not_compute_is_said(monkeypatch):
    shown = figure(rows=lambda kernel: some_rows() if kernel < 8 else [some_rows()[kernel]])
    wire = Wire(shown, monkeypatch)
    # ipywidgets logs what a message handler raises, and goes on.
    wire.ask({"type": "rows", "positions": [9]})
    ((answer, _),) = wire.sent
    assert answer == {
        "type": "rows",
        "positions": [9],
        "failed": "IndexError: list index out of range",
    }


def test_a_notebook_gets_the_chart_library_from_python(monkeypatch):
    shown = figure()
    wire = Wire(shown, monkeypatch)
    wire.ask({"type": "vega"})
    assert wire.sent == [({"type": "vega"}, [assets.path("vega.min.js").read_bytes()])]


def test_each_control_is_linked_in_the_page():
    shown = tabulated()
    ends = {(link.source, link.target) for link in shown.links}
    assert ends == {
        ((control, controls.linked_trait(control)), (shown.chart_widget, f"at_{name}"))
        for name, control in shown.controls.items()
    }


def test_vega_lays_a_chart_out_anew_unless_it_says_that_its_room_stays():
    still = CHART.properties(autosize=alt.AutoSizeParams(resize=False))
    laid_out = [
        figure(chart=chart).chart_widget.spec["autosize"]["resize"] for chart in (CHART, still)
    ]
    assert laid_out == [True, False]
