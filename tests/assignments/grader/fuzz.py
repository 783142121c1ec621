"""Spoil good submissions at random, each in one way: bytes, JSON, metadata, names, archives.

`python -m tests.assignments.grader.fuzz FOLDER COUNT` writes many, with their masters, and prints
the command that grades them.
"""

import io
import json
import random
import sys
import zipfile
from pathlib import Path

from tests.assignments.grader import toy

FIRST_ID = 40001
ODD = (None, True, -1, 10**400, 1.5, "", "\ud800", "\x1b[2J", [], {}, [[]], {"a": {}}, "x" * 10_000)
NAMES = ("40999.ipynb", "\x1b[31mred.ipynb", "a;b=1+1.ipynb", "=1+1.ipynb", "x" * 200 + ".ipynb",
         "line\nbreak.ipynb", "\u202eipynb.ipynb", "-rf.ipynb", "a.IPYNB", "a.ipynb.md",
         "a", "a.zip", "\udcff.ipynb", "..ipynb")  # fmt: skip


def spoiled_bytes(chance: random.Random, good: bytes) -> bytes:
    """Flip, cut out or double some bytes."""
    data = bytearray(good)
    for _ in range(chance.choice([1, 3, 30])):
        at = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + chance.randrange(1, 200)]
            case 2:
                data[at:at] = data[at : at + chance.randrange(1, 200)]
    return bytes(data)


def spoiled_json(chance: random.Random, good: bytes) -> bytes:
    """Put something odd in the place of something, or take it out, anywhere in the notebook."""
    notebook = json.loads(good)
    for _ in range(chance.choice([1, 2, 5])):
        places = [(notebook, key) for key in notebook]
        for home, key in places:
            inner = home[key]
            if isinstance(inner, dict):
                places += [(inner, name) for name in inner]
            elif isinstance(inner, list):
                places += [(inner, number) for number in range(len(inner))]
        home, key = chance.choice(places)
        if chance.random() < 0.3:
            del home[key]
        else:
            home[key] = chance.choice(ODD)
        if not notebook:
            break
    return json.dumps(notebook).encode()


def spoiled_metadata(chance: random.Random, good: bytes) -> bytes:
    """Put something odd into what nbgrader, the assignment and the editor note of a cell."""
    notebook = json.loads(good)
    homes = [notebook["metadata"], *(cell["metadata"] for cell in notebook["cells"])]
    homes += [home["nbgrader"] for home in homes if "nbgrader" in home]
    for home in chance.sample(homes, min(3, len(homes))):
        key = chance.choice([*home, "nbgrader", "convcost_assignment", "kernelspec", "tags"])
        home[key] = chance.choice(ODD)
    return json.dumps(notebook).encode()


def archived(chance: random.Random, good: bytes) -> bytes:
    """Put it into an archive, which has an odd name in it or is broken."""
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", chance.choice([0, 8])) as archive:
        name = chance.choice(["a.ipynb", "../a.ipynb", "/a.ipynb", "a/../b.ipynb", "\x1b.ipynb"])
        archive.writestr(name, good)
    made = store.getvalue()
    return made if chance.random() < 0.3 else spoiled_bytes(chance, made)


SPOILERS = {"bytes": spoiled_bytes, "json": spoiled_json, "metadata": spoiled_metadata}


def write(folder: Path, masters: Path, count: int, seed: int) -> dict[str, str]:
    """Write spoiled submissions as Moodle names them, and return how each was made, by its id."""
    good = json.dumps(toy.solved(masters)).encode()
    made = {}
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        kind = chance.choice([*SPOILERS, "names", "zip"])
        name, data = "work.ipynb", good
        if kind == "names":
            name = chance.choice(NAMES)
        elif kind == "zip":
            name, data = "work.zip", archived(chance, good)
        else:
            data = SPOILERS[kind](chance, good)
        student = str(FIRST_ID + number)
        home = folder / f"Student_{student}_assignsubmission_file_"
        home.mkdir(parents=True)
        (home / name).write_bytes(data)
        made[student] = kind
    return made


if __name__ == "__main__":
    at = Path(sys.argv[1])
    masters = toy.write_masters(at / "masters", "small")
    write(at / "in", masters, int(sys.argv[2]), 2026)
    sys.stdout.write(
        f"python -m assignments.grade --go-on {at / 'in'} --out {at / 'out'} --masters {masters} "
        f"--seed {toy.SEED} --assignment small\n"
    )
