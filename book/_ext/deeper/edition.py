"""Which edition of the book this is: version, date and commit, for the foot of each page.

The date is the commit's, not the day of the build: who builds the same commit gets the same pages.
"""

import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Edition:
    """A state of the sources.

    Attributes
    ----------
    version : str
        As pyproject.toml has it.
    commit : str
        The commit's full name, empty outside a Git repository.
    day : date or None
        The commit's day.
    changed : bool
        Whether the sources differ from the commit.
    """

    version: str
    commit: str = ""
    day: date | None = None
    changed: bool = False

    def sentence(self, link: str) -> str:
        """Return the edition as HTML; `link` leads to the commit."""
        if self.day is None:
            return f"Version {self.version}, built outside a Git repository: no date, no commit."
        day = f"<time>{self.day}</time>"
        commit = f'<a href="{link}"><code>{self.commit[:7]}</code></a>'
        changed = " with changes not committed" if self.changed else ""
        return f"Version {self.version}, {day}, commit {commit}{changed}."


def edition(root: Path) -> Edition:
    """Return the edition in the folder `root`, by Git where there is one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    log = git(root, "log", "-1", "--format=%H %cs")
    if log is None:
        return Edition(project["version"])
    commit, day = log.split()
    changed = git(root, "status", "--porcelain", "--untracked-files=no")
    return Edition(project["version"], commit, date.fromisoformat(day), bool(changed))


def git(root: Path, *arguments: str) -> str | None:
    """Return what Git says of the repository whose top is `root`, None if there is none."""
    if shutil.which("git") is None or not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    # A repository without a commit, or one that Git does not trust, says nothing of the sources.
    return answer.stdout.strip() if answer.returncode == 0 else None
