"""A platform's file is read whatever it is written with, and written again as it was."""

import pytest

from assignments.platforms import sheet
from tests.assignments.platforms.lists import ENGLISH, as_csv, gradebook, worksheet


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("rows", [worksheet(ENGLISH, marks={"40001": "3"}), gradebook()])
def test_what_is_not_changed_stays_to_the_byte(rows, separator, end, bom, tmp_path):
    data = as_csv(rows, separator, bom, end)
    (tmp_path / "list.csv").write_bytes(data)

    found = sheet.read(tmp_path / "list.csv")

    assert [list(row) for row in found.rows] == rows
    assert found.text({}).encode() == data


def test_titles_with_commas_do_not_hide_semicolons(tmp_path):
    rows = [["Student", "ID", "Section", *(f"One, two, three ({n})" for n in range(9))],
            ["Doe, Ann", "1", "A", *"123456789"]]  # fmt: skip
    (tmp_path / "list.csv").write_bytes(as_csv(rows, ";"))

    assert [list(row) for row in sheet.read(tmp_path / "list.csv").rows] == rows


def test_a_file_that_excel_saved_in_its_old_encoding_is_read(tmp_path):
    (tmp_path / "list.csv").write_bytes(
        as_csv(worksheet(ENGLISH)[:2], ";").decode().encode("cp1252")
    )

    assert sheet.read(tmp_path / "list.csv").rows[1][1] == "Zoë Müller"


def test_rows_that_a_spreadsheet_left_empty_are_dropped(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"a,b\r\n1,2\r\n,\r\n\r\n")

    assert sheet.read(tmp_path / "list.csv").text({}) == "a,b\r\n1,2\r\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no table: its first line is ''"),
        (b"Dear all\nplease find\n", "holds no table: its first line is 'Dear all"),
        (b"PK\x03\x04", "is a workbook or an archive"),
        (b"a,b,c\n1,2,3\n4,5\n", "row 3 of .* has 2 cells, and its header 3"),
    ],
)
def test_what_is_no_table_is_named(data, words, tmp_path):
    (tmp_path / "list.csv").write_bytes(data)

    with pytest.raises(ValueError, match=words):
        sheet.read(tmp_path / "list.csv")


def test_no_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="export the list from the platform first"):
        sheet.read(tmp_path / "list.csv")


@pytest.mark.parametrize(
    ("cell", "number"),
    [("17,5", 17.5), ("17.50", 17.5), (" 3 ", 3), ("-", None), ("", None), ("EX", None),
     ("A", None), ("1.000,5", None), ("nan", None)],
)  # fmt: skip
def test_a_cell_is_a_number_or_not(cell, number):
    assert sheet.number_in(cell) == number


@pytest.mark.parametrize(
    ("cells", "sign"), [(["100", "-"], "."), (["100,00", "7"], ","), (["100.00", ""], ".")]
)
def test_the_decimal_sign_is_that_of_the_file(cells, sign):
    assert sheet.decimal_sign(cells) == sign
