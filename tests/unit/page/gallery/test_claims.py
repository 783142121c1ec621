"""The figures of the claims count verdicts and mix units as they say."""

from tests.unit.page.gallery.figures import figure, rows_at


def test_verdicts_are_counted_in_the_part_that_is_chosen():
    assert [row["value"] for row in rows_at("verdicts", part="").values()] == [2, 1]
    assert [row["value"] for row in rows_at("verdicts", part="document A").values()] == [1, 1]
    assert [row["value"] for row in rows_at("verdicts", part="topic time").values()] == [2, 0]
    assert [row["value"] for row in rows_at("verdicts", part="says number").values()] == [1, 1]


def test_the_layer_seems_to_equal_the_network_only_in_mixed_units():
    shares = {
        (layer, network): figure("mixed_units").finding(layer=layer, network=network)
        for layer in ("MACs", "FLOPs")
        for network in ("MACs", "FLOPs")
    }
    assert "101%" in shares["FLOPs", "MACs"]
    assert "50%" in shares["MACs", "MACs"]
    assert "50%" in shares["FLOPs", "FLOPs"]
    assert "25%" in shares["MACs", "FLOPs"]
