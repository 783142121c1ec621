"""Tables of data as pages have them, made of what pandas writes itself."""

import re
from xml.dom.minidom import parseString

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from convcost.page.frames import clean_table, show_frames


def cleaned(frame):
    """The table's rows as lists of texts, and each text's class."""
    (html,) = re.findall(r"<table.*?</table>", frame._repr_html_(), re.DOTALL)
    table = parseString(clean_table(html)).documentElement
    assert table.getAttribute("class") == "table dataframe"
    assert not table.getAttribute("border")
    rows = [
        [node for node in row.childNodes if node.nodeType == node.ELEMENT_NODE]
        for row in table.getElementsByTagName("tr")
    ]
    said = ["".join(node.data for node in cell.childNodes) for row in rows for cell in row]
    classes = dict(zip(said, (c.getAttribute("class") for row in rows for c in row), strict=True))
    return [["".join(n.data for n in cell.childNodes) for cell in row] for row in rows], classes


def test_thousands_are_set_apart_and_years_are_not():
    frame = pd.DataFrame(
        {"macs": [15470264320, -5584637952, 9248], "year": [2014, 2015, 2016]}, ["a", "b", "c"]
    )
    rows, _ = cleaned(frame)
    assert rows == [
        ["", "multiply-adds", "year"],
        ["a", "15,470,264,320", "2014"],
        ["b", "−5,584,637,952", "2015"],
        ["c", "9,248", "2016"],
    ]


def test_words_and_numbers_stand_each_on_their_side():
    frame = pd.DataFrame(
        {"shape": ["width 64", "width 8"], "size": ["15.5 G", None], "error": [7.25, float("nan")]},
        index=["a", "b"],
    )
    rows, classes = cleaned(frame)
    assert rows[2] == ["b", "width 8", "–", "–"]
    assert {text for text, name in classes.items() if name == "words"} == {
        "",  # above the index
        "shape",
        "width 64",
        "width 8",
    }


def test_a_shape_or_a_product_stands_on_one_line():
    frame = pd.DataFrame({"said": [(1, 64, 8), "(3·3 + 1)·64", "of 3, 4"]}, ["a", "b", "c"])
    rows, _ = cleaned(frame)
    assert [row[1] for row in rows[1:]] == [
        "(1,\u00a064,\u00a08)",
        "(3·3\u00a0+\u00a01)·64",
        "of 3, 4",
    ]


def test_the_name_of_the_index_stands_among_the_headings():
    frame = pd.DataFrame({"macs": [1, 2]}, index=pd.Index(["a", "b"], name="network"))
    assert cleaned(frame)[0] == [["network", "multiply-adds"], ["a", "1"], ["b", "2"]]


def test_an_index_of_several_levels_and_a_name_of_the_columns_stay():
    index = pd.MultiIndex.from_product([["plain", "ResNet"], [1, 2]], names=["network", "epoch"])
    frame = pd.DataFrame({"seed": [89990, 2, 3, 4]}, index=index)
    assert cleaned(frame)[0] == [
        ["network", "epoch", "seed"],
        ["plain", "1", "89,990"],
        ["2", "2"],
        ["ResNet", "1", "3"],
        ["2", "4"],
    ]
    named = frame.reset_index().set_index("epoch")[["seed"]].rename_axis(columns="what")
    assert cleaned(named)[0][:2] == [["what", "seed"], ["epoch", ""]]


def test_an_index_that_only_counts_is_left_out():
    frame = pd.DataFrame({"name": ["conv", "relu"], "params": [0, 12345]})
    rows, classes = cleaned(frame)
    assert rows == [["name", "parameters"], ["conv", "0"], ["relu", "12,345"]]
    assert classes["conv"] == "words"
    # Of a selection the index tells which rows they were.
    assert cleaned(frame[1:])[0] == [["", "name", "parameters"], ["1", "relu", "12,345"]]


def test_signs_stand_as_they_are_and_an_empty_table_is_one():
    assert cleaned(pd.DataFrame({"a": ["x < y & z"]}, ["b"]))[0][1] == ["b", "x < y & z"]
    assert cleaned(pd.DataFrame({"a": []}))[0] == [["", "a"]]


def test_headings_are_words_and_truths_are_told():
    frame = pd.DataFrame({"output_shape": [True, False], "top1_percent": [71.3, 76.1]}, ["a", "b"])
    assert cleaned(frame)[0] == [
        ["", "output shape", "top-1 (%)"],
        ["a", "yes", "71.3"],
        ["b", "no", "76.1"],
    ]
    # What is no name of ours stays to the letter.
    assert cleaned(pd.DataFrame({"F_1": [1], "Batch": [2]}))[0][0] == ["F_1", "Batch"]


def test_numbers_that_were_written_before_get_their_sign():
    frame = pd.DataFrame({"gap": ["-1,234", "5"]}, index=["a", "b"])
    assert cleaned(frame)[0][1] == ["a", "−1,234"]


def test_a_notebook_shows_its_frames_so():
    with pytest.raises(RuntimeError, match="call it there"):
        show_frames()
    shell = InteractiveShell.instance()
    try:
        show_frames()
        data, _ = shell.display_formatter.format(pd.DataFrame({"output_shape": [12345]}))
    finally:
        InteractiveShell.clear_instance()
    assert "output shape" in data["text/html"]
    assert "12,345" in data["text/html"]
    assert "<style>" in data["text/html"]
