"""Live figures in Python: what they prepare, what they refuse, what they write into a page."""

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import altair as alt
import ipywidgets as widgets
import pandas as pd
import pytest
import vl_convert
from py_mini_racer import MiniRacer

from convcost.arithmetic import conv_macs, conv_output_size
from convcost.page.live import assets, controls
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where
from tests.figure_check import assert_page_agrees

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


@pytest.mark.parametrize("make", [tabulated, traced])
def test_the_page_has_what_python_computes_at_every_position(make):
    assert assert_page_agrees(make()) == 4 * 8 * 3 * 2 * 2 * 2


def test_the_comparison_can_fail():
    """A wrong formula in the page, and a wrong frame, are found."""
    wrong = traced()
    signals = wrong._chart.spec["signals"]
    part = next(signal for signal in signals if "floor(" in signal.get("update", ""))
    part["update"] = part["update"].replace("floor(", "ceil(", 1)
    with pytest.raises(AssertionError, match="fig-test at"):
        assert_page_agrees(wrong)
    stale = tabulated()
    stale._chart.frames["findings"]["at"][-1] = 0
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
    state = tabulated().chart_state()["frames"]
    columns = dict(zip(state["keys"], state["columns"], strict=True))
    assert [len(names) for names in columns["name"]["distinct"]] == [3, 2, 3, 2]
    assert len(columns["share"]["distinct"]) == 2 * 8
    constant = figure().chart_state()["frames"]
    assert constant["columns"][1] == {"distinct": [[1, 2]], "at": None}
    assert constant["findings"] == {"distinct": ["Nothing moves."], "at": None}
    # Numbers of a data frame travel as plain integers, without ".0".
    frame = figure(rows=lambda kernel: pd.DataFrame({"name": ["a"], "macs": [kernel * 10**9]}))
    assert json.dumps(frame.chart_state()["frames"]["columns"][1]["distinct"][:2]) == (
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


class Tags(HTMLParser):
    """Collects tags with their attributes, and checks that all are closed in order."""

    VOID = frozenset({"input", "rect", "path", "line"})

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.children = [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if len(self.open) == 1:
            self.children.append(tag)
        if tag != "input":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def find(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(shown):
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", VIEW}
    return bundle["text/html"]


def test_the_html_is_complete_without_scripts():
    html = html_of(tabulated())
    tags = Tags(html)
    (outer,) = tags.find("figure")
    assert outer["id"] == "fig-test"
    (svg,) = tags.find("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == "VGG at 64 with 3 × 3: 0.3, 1, True."
    assert "<span>VGG at 64 with 3 × 3: 0.3, 1, True.</span>" in html
    assert '<th scope="row">VGG 0</th><td class="live-number">192</td>' in html
    assert tags.children[-1] == "figcaption"  # a figcaption must be first or last
    assert '"model_id"' in re.search(rf'<script type="{re.escape(VIEW)}">(.*?)</script>', html)[1]


def test_every_input_has_a_label_and_waits_for_the_script():
    tags = Tags(html_of(tabulated()))
    labeled = {label["for"] for label in tags.find("label") if "for" in label}
    inputs = tags.find("input") + tags.find("select")
    assert len(inputs) == 3 + 1 + 2 + 1
    for attributes in inputs:
        assert "disabled" in attributes
        # Radio buttons stand within their label, in a fieldset with a legend.
        assert attributes.get("type") == "radio" or attributes["id"] in labeled
    assert len(tags.find("fieldset")) == len(tags.find("legend")) == 1
    texts = [attributes.get("aria-valuetext") for attributes in tags.find("input")]
    assert texts[:3] == ["3", "0.30", "64"]


def test_figures_on_one_page_share_no_id():
    """Clipped marks make Vega define ids: the same in each picture."""
    html = html_of(figure()) + html_of(figure(name="fig-other"))
    ids = Counter(re.findall(r'\bid="([^"]*)"', html))
    assert len(ids) > 4
    assert set(ids.values()) == {1}
    for reference in re.findall(r"url\(#([^)]*)\)", html):
        assert reference in ids


def test_text_is_escaped():
    odd = '<b> & "quotes" \'</script>'
    html = html_of(figure(caption=odd, finding=lambda kernel: odd, columns={"name": odd}))
    tags = Tags(html)
    assert not tags.find("b")
    assert tags.find("svg")[0]["aria-label"] == odd


def test_the_html_shows_where_the_controls_stand():
    shown = figure(finding=lambda kernel: f"Kernel {kernel}.", controls={"kernel": slider()})
    shown.controls["kernel"].value = 7
    assert "<span>Kernel 7.</span>" in html_of(shown)
    assert 'value="7"' in html_of(shown)


def test_room_is_kept_for_the_longest_finding():
    by_table = figure(finding=lambda kernel: "long" * kernel)
    assert f'data-longest="{"long" * 7}"' in html_of(by_table)
    by_formula = figure(
        finding=lambda kernel: text(formatted(10**3 * kernel * kernel, ",")), traced=True
    )
    assert 'data-longest="49,000"' in html_of(by_formula)


class Wire:
    """Records what a figure sends to the page."""

    def __init__(self, shown, monkeypatch):
        self.sent = []
        monkeypatch.setattr(
            shown._chart, "send", lambda content, buffers=None: self.sent.append((content, buffers))
        )
        self.ask = lambda question: shown._chart._handle_custom_msg(question, None)


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
    ends = {(link.source, link.target) for link in shown._links}
    assert ends == {
        ((control, controls.linked_trait(control)), (shown._chart, f"at_{name}"))
        for name, control in shown.controls.items()
    }


def test_a_missing_package_is_said():
    script = (
        "import sys; sys.modules['anywidget'] = None\n"
        "try:\n    import convcost.page.live.figure\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "%pip install anywidget" in run.stdout
    assert "restart the kernel" in run.stdout


def test_the_sites_build_loads_no_chart_library():
    script = "import sys, convcost.page.live.assets as a; a.static_files(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"altair", "ipywidgets", "anywidget", "vl_convert", "pandas", "torch"} & set(
        run.stdout.split()
    )


def test_the_pages_script_is_one_classic_script():
    script = assets.page_script()
    with MiniRacer() as engine:
        engine.eval(f"new Function({json.dumps(script)})")  # parses
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)


def test_the_pages_state_keeps_what_the_page_reads():
    """Read off the scripts themselves: every trait that they get, and no program."""
    shown = tabulated()
    saved = {
        "version_major": 2,
        "state": {
            model.model_id: {
                "model_name": model._model_name,
                "state": json.loads(json.dumps(model.get_state(), default=str)),
            }
            for model in (shown, shown._chart, *shown._links, *shown.controls.values())
        },
    }
    kept = assets.page_state(saved)["state"]
    assert shown.model_id not in kept
    scripts = assets.read("page.js") + assets.read("figure.js")
    read = set(re.findall(r'get\("(\w+)"\)', scripts)) - {"caption", "columns"}
    assert len(read) > 6
    for model_id, model in kept.items():
        full = saved["state"][model_id]["state"]
        assert read & set(full) <= set(model["state"])
        assert "_esm" not in model["state"]
    assert set(kept[shown._chart.model_id]["state"]) == {"spec", "signals", "frames", "columns"} | {
        f"at_{name}" for name in shown.controls
    }


def test_vega_is_the_version_that_python_compiles_for():
    record = assets.read("VENDOR.md")
    source = assets.path("vega.min.js").read_bytes()
    assert hashlib.sha256(source).hexdigest() in record
    assert f"| {vl_convert.get_vega_version()} |" in record
    assert "University of Washington" in assets.static_files()["vega.LICENSE.txt"]
    with MiniRacer() as engine:
        engine.eval(source.decode())
        assert engine.eval("vega.version") == vl_convert.get_vega_version()


def test_vega_lays_a_chart_out_anew_unless_it_says_that_its_room_stays():
    still = CHART.properties(autosize=alt.AutoSizeParams(resize=False))
    laid_out = [figure(chart=chart)._chart.spec["autosize"]["resize"] for chart in (CHART, still)]
    assert laid_out == [True, False]
