"""The works of a BibTeX file, as a sentence names them: a label and an address.

Sphinx lists the works on the book's page of references; what a cell outputs is not Sphinx's to fill
in, and names them by this.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pybtex.database import Entry, Person, parse_file

__all__ = ["Work", "read_works"]


@dataclass(frozen=True, slots=True)
class Work:
    """A work that can be cited.

    Attributes
    ----------
    label : str
        Authors and year, such as "He et al. 2016"; of a project, its name alone.
    address : str
        Where it is public.
    """

    label: str
    address: str


def read_works(path: Path) -> dict[str, Work]:
    """Read a BibTeX file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict of str to Work
        By key, in the file's order.

    Raises
    ------
    ValueError
        If a work lacks its author or url, or a work by persons its year.
    pybtex.scanner.PybtexSyntaxError
        If the file is no BibTeX; the message has the line.
    """
    entries = parse_file(str(path), bib_format="bibtex").entries
    return {key: _work(key, entry) for key, entry in entries.items()}


def _work(key: str, entry: Entry) -> Work:
    authors = entry.persons.get("author", [])
    # BibTeX writes a name that has no parts, such as a project's, in braces.
    is_project = bool(authors) and authors[0].last_names[0].startswith("{")
    wanted = ("url",) if is_project else ("year", "url")
    missing = ["author"] * (not authors) + [name for name in wanted if name not in entry.fields]
    if missing:
        raise ValueError(f"the work {key!r} has no {' and no '.join(missing)}: add it to its entry")
    names = [_family_name(person) for person in authors]
    label = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return Work(label if is_project else f"{label} {entry.fields['year']}", entry.fields["url"])


def _family_name(person: Person) -> str:
    return " ".join([*person.prelast_names, *person.last_names]).strip("{}")
