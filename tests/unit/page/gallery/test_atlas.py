"""The atlas: its front, and where each network stands."""

from hypothesis import given
from hypothesis import strategies as st

from convcost.page.gallery.atlas import front
from tests.unit.page.gallery.figures import cost, rows_at


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 9), st.none() | st.sampled_from([1.5, 2.5, 3.5, 70.0])
        ),
        max_size=12,
    )
)
def test_the_front_is_what_nobody_beats(points):
    on_front = front([price for price, _ in points], [gain for _, gain in points])
    whole = [(c, g) for c, g in points if c is not None and g is not None]

    def beaten(price, gain):
        return any(c <= price and g >= gain and (c, g) != (price, gain) for c, g in whole)

    assert len(on_front) == len(points)
    chosen = [point for point, mark in zip(points, on_front, strict=True) if mark]
    assert sorted(chosen) == sorted({point for point in whole if not beaten(*point)})


def test_the_atlas_shows_one_network_at_several_sizes():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert (rows["vgg16"]["macs"], rows["vgg16"]["top1_percent"]) == (15_470_264_320, 71.592)
    large = rows_at("atlas", along="macs", up="top1_percent", image=448)
    assert large["vgg16"]["macs"] == cost("vgg16", 448).macs
    # Taking one size only, it stays where it is, and is not on a front of other sizes.
    assert large["vit_b_16"] == rows["vit_b_16"] | {
        "fits": False,
        "front": False,
        "note": "takes 224 × 224 pixels only",
    }
    small = rows_at("atlas", along="macs", up="top1_percent", image=64)
    assert small["inception_v3"]["macs"] is None
    assert "too small" in small["inception_v3"]["note"]


def test_vgg_is_not_on_the_atlas_s_front():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert not any(row["front"] for row in rows.values() if row["family"] == "VGG")
    by_activations = rows_at("atlas", along="activations", up="top1_percent", image=0)
    assert by_activations["resnet18"]["front"]
    assert by_activations["resnet34"]["front"]


def test_both_recipes_show_the_accuracies_that_torchvision_publishes():
    # https://docs.pytorch.org/vision/stable/models/resnet.html: 76.13 and 80.858 for ResNet-50,
    # 78.312 and 82.284 for ResNet-152.
    shown = {recipe: rows_at("recipes", recipe=recipe) for recipe in ("simple", "new (2021)")}
    for label, both in {"ResNet-50": (76.13, 80.858), "ResNet-152": (78.312, 82.284)}.items():
        assert tuple(rows[label]["value"] for rows in shown.values()) == both
    for rows in shown.values():
        assert all(row["low"] < row["value"] < row["high"] for row in rows.values())
    # As the caption says: each gains, and MobileNet less than a point.
    gains = {
        label: shown["new (2021)"][label]["value"] - row["value"]
        for label, row in shown["simple"].items()
    }
    assert min(gains.values()) == gains["MobileNet V2"] > 0
    assert gains.pop("MobileNet V2") < 1
    assert min(gains.values()) > 3


def test_twice_the_side_is_about_four_times_the_work():
    """As an exercise says; Inception's networks, which pad little, grow by somewhat more."""
    small, large = (rows_at("atlas", along="macs", up="params", image=side) for side in (224, 448))
    ratios = [large[n]["macs"] / row["macs"] for n, row in small.items() if large[n]["fits"]]
    assert len(ratios) > 90
    assert sum(3.85 < ratio < 4.25 for ratio in ratios) >= len(ratios) - 2
