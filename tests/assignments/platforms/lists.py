"""Lists of people as Moodle and Canvas export them, and what each reads when one is imported.

The readers follow the platforms' own source, step by step and apart from what they test: of Moodle,
`lib/csvlib.class.php`, `mod/assign/feedback/offline/importgradeslib.php` and `locallib.php`, and
`mod/assign/feedback/file/importziplib.php`; of Canvas, `lib/gradebook_importer.rb` and
``infer_comment_context_from_filename``.
"""

import csv
import io
import re

# Two students of one name, umlauts, a comma and an underscore in a name, one who sent nothing.
NAMES = {
    "40001": "Zoë Müller",
    "40002": "Zoë Müller",
    "40003": "O'Brien, Séan",
    "40004": "李 小龍_jr",
    "40005": "Anna Ångström",
    "40006": "Ben Weiß",
}


def as_csv(rows, separator=",", bom=False, end="\r\n"):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator=end).writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + file.getvalue().encode()


# -- Moodle ----------------------------------------------------------------------------------------

# As language packs name them: mod_assign's recordid, hiddenuser, lastmodifiedgrade and maxgrade,
# moodle's gradenoun; and langconfig's decsep.
ENGLISH = {
    "header": ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade",
               "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
               "Feedback comments"],
    "participant": "Participant ", "grade": "Grade", "id": "Identifier",
    "modified": "Last modified (grade)", "comments": "Feedback comments", "decimal": ".",
    "status": "Submitted for grading - 1 day late",
}  # fmt: skip
GERMAN = {
    "header": ["ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung",
               "Bestwertung", "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)",
               "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"],
    "participant": "Teilnehmer/in", "grade": "Bewertung", "id": "ID",
    "modified": "Zuletzt geändert (Bewertung)", "comments": "Feedback als Kommentar",
    "decimal": ",", "status": "Zur Bewertung abgegeben",
}  # fmt: skip


def worksheet(language, maximum="100.00", marks=None):
    """Return the rows of a grading worksheet, with the marks that stand there already."""
    marks = marks or {}
    rows = [language["header"]]
    for number, name in NAMES.items():
        rows.append([
            language["participant"] + number, name, f"u{number}@school.example",
            language["status"], marks.get(number, "").replace(".", language["decimal"]),
            maximum.replace(".", language["decimal"]), "Yes", "Monday, 2 March 2026, 9:05 AM", "-",
            'A "comment",\nof two lines' if number in marks else "",
        ])  # fmt: skip
    return rows


def moodle_imports(data, language, separator=","):
    """Return the marks and comments that Moodle takes from a worksheet, by number."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header = [name.strip() for name in rows[0]]
    assert all(len(row) == len(header) for row in rows), "csvweirdcolumns"
    at = {key: header.index(language[key]) for key in ("id", "grade", "modified", "comments")}
    found = {}
    for row in rows[1:]:
        number = row[at["id"]][len(language["participant"]) :]
        grade = row[at["grade"]].replace(" ", "").replace(language["decimal"], ".")
        if grade:  # "Skip - grade has no value."
            found[number] = float(grade)
    return found


def moodle_takes(path, numbers):
    """Return whose feedback a file of an archive is, and its name, or None."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not info[1].isdigit() or info[1] not in numbers:
            continue
        if (info[2], info[3]) != ("assignsubmission", "file"):
            continue
        return info[1], "/".join([*info[4:], *parts]).lstrip("/")
    return None


# -- Canvas ----------------------------------------------------------------------------------------

CANVAS_IDS = {"501001": "s1001", "501002": "s1002", "501003": "s1003", "501004": "s1004",
              "501005": "s1005", "501006": "s1006"}  # fmt: skip
SORTABLE = [
    "Müller, Zoë",
    "Müller, Zoë",
    "O'Brien, Séan",
    "李, 小龍",
    "Ångström, Anna",
    "Weiß, Ben",
]
COLUMN = "A toy, to try the grader on (7001)"


def gradebook(marks=None, decimal=".", possible="100.00", posting=True):
    """Return the rows of a gradebook: two assignments, read-only totals, a test student."""
    marks = marks or {}
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Notes",
              "Another one (7000)", COLUMN, "Assignments Current Score", "Current Score (2026)",
              "Final Grade"]  # fmt: skip
    rows = [header]
    if posting:
        rows.append(["", "", "", "", "", "", "", "Manual Posting", "", "", ""])
    rows.append(["    Points Possible", "", "", "", "", "", "10.00", possible, "(read only)",
                 "(read only)", "(read only)"])  # fmt: skip
    for (number, school_id), name in zip(CANVAS_IDS.items(), SORTABLE, strict=True):
        rows.append([name, number, school_id, f"{school_id}@school.example", "Group A and Group B",
                     "a note; with a semicolon", "7.50", marks.get(number, ""), "75.00", "75.00",
                     "C"])  # fmt: skip
    rows.append(["Student, Test", "599999", "", "9f8e7d6c5b4a", "Group A", "", "", "", "", "", ""])
    for row in rows[1:]:
        row[6:10] = [re.sub(r"^(\d+)\.(\d+)$", rf"\1{decimal}\2", cell) for cell in row[6:10]]
    return rows


def canvas_imports(data):
    """Return what Canvas takes from a gradebook: marks by assignment and student, and points."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    first = text.splitlines()[:3]
    widths = {
        separator: {len(next(csv.reader([line], delimiter=separator), [])) for line in first}
        for separator in ";,"
    }
    fields = {each: min(width) if len(width) == 1 else 0 for each, width in widths.items()}
    separator = ";" if fields[";"] > fields[","] else ","
    lines = [line for line in text.splitlines() if not re.fullmatch(r"[;, ]+", line)]
    rows = [[_number(cell) for cell in row] for row in csv.reader(lines, delimiter=separator)]
    header = rows[0]
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert "Section" in header[4]
    assignments = {}
    for at, name in enumerate(header[5:], start=5):
        title = re.fullmatch(r"(.*)\s\((\d+)\)", name)
        if title and not re.search("Current Score|Final Grade", name):
            assignments[at] = title[2]
    marks, possible = {number: {} for number in assignments.values()}, {}
    for row in rows[1:]:
        if "Points Possible" in row[0]:
            possible = {number: row[at] for at, number in assignments.items()}
        elif not all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            for at, number in assignments.items():
                marks[number][row[1]] = row[at].strip()
    return marks, possible


def _number(field):
    if not re.fullmatch(r"-?[0-9.,]+%?", field):
        return field
    *parts, last = re.split(r"[,.]", field)
    return f"{''.join(parts)}.{last}" if parts else last


def canvas_takes(path, attachments):
    """Return whose feedback a file of an archive is, or None."""
    parts = path.rpartition("/")[2].split("_")
    numbers = [part for part in parts if part.isdigit()]
    if len(numbers) < 2 or parts[-1].startswith("link"):
        return None
    return numbers[0] if attachments.get(numbers[0]) == numbers[1] else None
