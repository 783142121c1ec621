"""The figures of memory: sums that can be checked by hand, and a course's table."""

from tests.unit.page.gallery.figures import figure, rows_at


def test_training_memory_is_the_sum_of_its_parts():
    # VGG-16 in 32-bit floats: 4 bytes x 138,357,544 weights, as much for gradients, twice for Adam.
    rows = rows_at(
        "training_memory", network="VGG-16", optimizer="Adam", batch=1, image=224, value_bytes=4
    )
    weights = 4 * 138_357_544
    assert [row["value"] for row in rows.values()][:3] == [weights, weights, 2 * weights]


def test_the_batch_multiplies_what_is_kept_and_nothing_else():
    one, four = (
        rows_at(
            "training_memory", network="ResNet-18", optimizer="SGD", batch=batch, image=224,
            value_bytes=2,
        )
        for batch in (1, 4)
    )  # fmt: skip
    statistics = 2 * 4800 * 4
    for name in one:
        grown = four[name]["value"] - one[name]["value"]
        if name in ("weights", "gradients", "optimizer"):
            assert grown == 0
        elif name == "kept: the rest":
            assert grown == 3 * (one[name]["value"] - statistics)
        else:
            assert grown == 3 * one[name]["value"]


def test_the_courses_rows_do_not_add_up_to_its_total():
    # cs231n, "VGGNet in detail": 22 rows, whose rounded sums are 15.2 M.
    rows = figure("running_total").rows(added=22)
    total = sum(row["value"] for row in rows)
    assert len(rows) == 22
    assert f"{total / 1e6:.1f}" == "15.2"
    assert "24" in figure("running_total").finding(added=22)
