"""A bench in Python: what it tells the page, and what it refuses."""

import re

import pytest

from tests.figure_check import assert_page_agrees
from tests.unit.page.small_figures import bench, html_of, with_bench


def test_the_page_says_what_python_says():
    assert assert_page_agrees(with_bench()) == 7 * 2 * 2


def test_the_page_is_told_positions_and_words():
    told = with_bench().chart_state()["bench"]
    assert told["presets"] == [{"kernel": 1, "kind": 1, "bias": False}]
    assert told["controls"] == {
        "kernel": {"label": "Kernel", "min": 1, "max": 7, "step": 1},
        "kind": {"label": "K", "words": ["plain-one", "b"]},
        "bias": {"label": "With bias", "words": ["false", "true"]},
    }


def test_a_control_can_be_switched_off_in_the_page():
    shown = with_bench()
    ends = {(link.source, link.target) for link in shown.links}
    for name, control in shown.controls.items():
        assert ((shown.chart_widget, f"off_{name}"), (control, "disabled")) in ends


def test_groups_fold_on_a_page_and_in_a_notebook():
    shown = with_bench()
    html = html_of(shown)
    assert html.index("<summary>Shape") < html.index('id="fig-test-kernel"')
    assert html.index('id="fig-test-kind"') < html.index("<summary>Rest")
    (accordion, _) = shown.children
    assert accordion.titles == ("Shape", "Rest")
    assert accordion.children[0].children[0] is shown.controls["kernel"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bench": bench(groups={"All": ["kernel", "kind"]})}, "stands in one group"),
        ({"bench": bench(groups={"All": ["bias", "kernel", "kind"]})}, "same order"),
        ({"bench": bench(presets={"Small": {"kernel": 1}})}, "leaves out or adds ['bias', 'kind']"),
        ({"bench": bench(presets={"S": {"kernel": 9, "kind": "b", "bias": True}})},
         "no position for 9"),
        ({"traced": False}, "must be traced=True"),
    ],
)  # fmt: skip
def test_a_bench_that_does_not_fit_its_figure_is_refused(changes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        with_bench(**changes)
