"""The figures of degradation show the stored tables, and find room for what comes later.

Truth: the tables themselves, read another way, and small tables made here with a known answer.
"""

import csv
import statistics

import pandas as pd
import pytest

from convcost.page.gallery import degradation as figures
from tests.unit.page.gallery.figures import DATA, figure


def stored(table, **wanted):
    with (DATA / f"degradation_{table}.csv").open(newline="") as lines:
        return [
            row
            for row in csv.DictReader(lines)
            if all(row[name] == str(value) for name, value in wanted.items())
        ]


@pytest.mark.parametrize("error", ["train_error", "test_error"])
@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_every_seed_is_drawn_and_the_median_marked(error, kind):
    runs = stored("runs", data="digits", study="depth", kind=kind, depth=56)
    errors = [float(run[error]) for run in runs]
    for rows in (
        figure("error_by_depth").rows(error=error, share=1.0),
        figure("error_by_epoch").rows(error=error, depth=56),
    ):
        step = 56 if rows[0]["step"] == 8 else 20
        shown = [row for row in rows if (row["series"], row["step"]) == (kind, step)]
        assert [row["value"] for row in shown] == pytest.approx(errors, abs=0.051)
        for row in shown:
            assert row["median"] == pytest.approx(statistics.median(errors), abs=0.051)


def test_a_change_stands_beside_the_recipe_as_it_is():
    shown = figure("rival_explanations")
    changes = {run["change"] for run in stored("runs", study="why")}
    options = shown.controls["change"].options
    assert set(options) == changes | {figures.SAME}
    for change in changes:
        rows = shown.rows(error="train_error", change=change)
        asked = stored("runs", study="why", change=change, kind="plain", depth=56)
        assert [row["value"] for row in rows if row["name"] == "plain-56, changed"] == [
            float(run["train_error"]) for run in asked
        ]
        assert "plain-56" in {row["name"] for row in rows}


def runs_table(errors, data="digits"):
    """Return curves of two epochs: kind -> errors after the first and second, seed by seed."""
    return pd.DataFrame([
        {"data": data, "study": "depth", "change": "none", "kind": kind, "depth": depth,
         "seed": seed, "epoch": epoch, "train_error": error, "test_error": error}
        for (kind, depth), seeds in errors.items()
        for seed, course in enumerate(seeds, start=1)
        for epoch, error in enumerate(course, start=1)
    ])  # fmt: skip


KNOWN = {
    ("plain", 8): [(50.0, 1.0)],
    ("plain", 14): [(80.0, 10.0), (80.0, 30.0), (90.0, 14.0)],
    ("residual", 8): [(50.0, 2.0)],
    ("residual", 14): [(60.0, 3.0)],
}


def test_the_findings_say_median_lowest_and_highest():
    table = runs_table(KNOWN)
    assert (
        "plain from 1.0% (1.0% to 1.0%) with 8 layers to 14.0% (10.0% to 30.0%) with 14 layers"
        in figures.error_by_depth(table).finding(error="train_error", share=1.0)
    )
    assert (
        "plain-14 ends at 14.0% (seeds from 10.0% to 30.0%), ResNet-14 ends at 3.0%"
        in figures.error_by_epoch(table).finding(error="test_error", depth=14)
    )


def test_other_images_come_into_the_same_figures_by_a_menu():
    """As `make experiments DATA=cifar10` adds them; without them there is no menu."""
    both = pd.concat([runs_table(KNOWN), runs_table({("plain", 20): [(70.0, 9.0)]}, "cifar10")])
    for made in (figures.error_by_depth, figures.error_by_epoch):
        assert "images" not in made(runs_table(KNOWN)).controls
        assert [value for _, value in made(both).controls["images"].options] == [
            "digits",
            "cifar10",
        ]
    shown = figures.error_by_epoch(both)
    rows = shown.rows(error="train_error", depth=20, images="cifar10")
    assert [row["value"] for row in rows] == [70.0, 9.0]
    assert "No network of 20 layers" in shown.finding(
        error="train_error", depth=20, images="digits"
    )


def test_gradients_of_one_weight_are_root_mean_squares():
    (row,) = stored("gradients", data="digits", kind="plain", depth=56, epoch=0, layer=5)
    of_layer, of_weight = (
        figure("layer_gradients").rows(depth=56, epoch=0, per=per)[4]["value"]
        for per in ("layer", "weight")
    )
    # As many digits as the page carries.
    assert of_layer == float(f"{float(row['median']):.2g}")
    # 16 x 16 kernels of 3 x 3.
    assert of_weight == float(f"{float(row['median']) / (16 * 16 * 9) ** 0.5:.2g}")


def test_all_blocks_of_a_network_are_deleted_in_turn():
    rows = figure("without_one_block").rows(error="test_error", depth=20)
    for kind in ("plain", "residual"):
        assert sorted({row["step"] for row in rows if row["series"] == kind}) == [*range(1, 10)]
    first = stored("blocks", data="digits", kind="plain", depth=20, block=1)
    assert [row["value"] for row in rows[: len(first)]] == [
        round(float(r["test_error"]), 1) for r in first
    ]


def test_options_are_compared_at_one_depth():
    rows = figure("shortcut_options").rows(error="test_error", depth=20)
    assert list(dict.fromkeys(row["name"] for row in rows)) == [
        "option A", "option B", "option C"
    ]  # fmt: skip
    bare = stored("runs", data="digits", study="depth", kind="residual", depth=20)
    assert [row["value"] for row in rows if row["name"] == "option A"] == [
        float(run["test_error"]) for run in bare
    ]


def test_alike_gradients_are_those_of_the_table():
    distance = figure("gradient_likeness").controls["distance"].value
    rows = figure("gradient_likeness").rows(distance=distance, norm="yes")
    wanted = stored("likeness", data="digits", depth=8, kind="plain", batch_norm="yes",
                    distance=distance)  # fmt: skip
    assert wanted
    assert [row["value"] for row in rows[: len(wanted)]] == [float(row["cosine"]) for row in wanted]
