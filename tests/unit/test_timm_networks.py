"""timm's convolutional networks, counted by `measure` and by torch's own counter."""

import csv

import pytest

from experiments.timm_networks import PATH, row_of

ROWS = {row["name"]: row for row in csv.DictReader(PATH.read_text().splitlines())}


def test_each_is_equal_or_its_difference_is_named():
    assert len(ROWS) > 600
    for row in ROWS.values():
        equal = (row["params"], row["macs"]) == (row["torch_params"], row["torch_macs"])
        assert equal != bool(row["difference"]), row


@pytest.mark.parametrize("name", ["lcnet_035", "repghostnet_050", "skresnet18"])
def test_the_table_is_what_both_count_today(name):
    assert {key: str(value) for key, value in row_of(name).items()} == ROWS[name]
