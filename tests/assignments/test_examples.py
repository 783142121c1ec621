"""The worked examples of grading a large class do what they say, on a class of four.

No cluster and no runner is here: what they would start is started by stand-ins that set the same
variables, and the commands of the examples run as they are written.
"""

import os
import re
import subprocess
import sys

import pytest
import yaml

from assignments import ROOT
from tests.assignments.grader import toy
from tests.assignments.grader.school import (
    POINTS,
    deserved,
    grade,
    points_of,
    table,
    write_class,
)

EXAMPLES = ROOT / "assignments" / "examples"
SLURM, ACTIONS = EXAMPLES / "slurm.sh", EXAMPLES / "github-actions.yml"
CLASSROOM = EXAMPLES / "github-classroom.sh"

# As sbatch does: it prints the job's number, and runs a copy of the script, in the folder it was
# called in, once for each task of the array.
SBATCH = """\
#!{python}
import os, re, shutil, subprocess, sys, tempfile

options = [each for each in sys.argv[1:] if each.startswith("--")]
script, *arguments = sys.argv[1 + len(options):]
spool = shutil.copy(script, tempfile.mkdtemp())
number = str(100 + len(open("{log}").readlines()))
open("{log}", "a").write(" ".join(options) + "\\n")
array = next((re.fullmatch(r"--array=1-(\\d+)", each) for each in options if "array" in each), None)
for task in range(1, int(array[1]) + 1) if array else [None]:
    more = {{"SLURM_JOB_ID": number, "SLURM_CPUS_PER_TASK": "2"}}
    if task:
        more |= {{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": array[1]}}
    subprocess.run(["bash", spool, *arguments], env=os.environ | more, check=True,
                   stdout=sys.stderr)
print(number)
"""


def run(command, where, **variables):
    done = subprocess.run(
        command, cwd=where, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def book(tmp_path):
    """A folder that looks like the repository: its code, and the environment of these tests.

    That environment is complete, so `make` has nothing to do in it.
    """
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "assignments").symlink_to(ROOT / "assignments")
    (folder / "book").symlink_to(ROOT / "book")
    (folder / "_config.yml").symlink_to(ROOT / "_config.yml")
    executable(folder / ".venv/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    executable(tmp_path / "bin/make", f'#!/bin/sh\necho "$@" >> "{tmp_path}/made"\n')
    return folder


def is_whole(out):
    rows = table(out / "grades.csv")
    assert list(rows) == list(POINTS)
    for student, row in rows.items():
        assert points_of(row) == deserved(student, row)


@pytest.mark.parametrize("path", [SLURM, CLASSROOM], ids=["slurm", "classroom"])
def test_the_shells_grammar_is_kept(path):
    run(["bash", "-n", str(path)], ROOT)


def test_a_job_array_grades_all_and_merges(book, small_masters, tmp_path, isolation):
    write_class(tmp_path / "in", small_masters)
    log = tmp_path / "sbatch.log"
    log.touch()
    executable(tmp_path / "bin/sbatch", SBATCH.format(python=sys.executable, log=log))

    said = run(
        ["bash", str(SLURM), str(tmp_path / "in"), str(toy.SEED), "2"], book,
        PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", MASTERS=str(small_masters), GO_ON="1",
    )  # fmt: skip

    is_whole(tmp_path / "in-grades")
    shares = [table(tmp_path / f"in-grades-{number}" / "grades.csv") for number in (1, 2)]
    assert all(0 < len(share) < 4 for share in shares)
    assert log.read_text().splitlines() == [
        "--parsable --array=1-2", "--parsable --dependency=afterok:100 --cpus-per-task=1",
    ]  # fmt: skip
    assert said.endswith(f"Job 100 grades, and 101 merges into {tmp_path}/in-grades; "
                         "see squeue --me.\n")  # fmt: skip
    assert (tmp_path / "made").read_text() == "environment-grade\n"


def test_the_job_array_says_what_it_needs():
    done = subprocess.run(["bash", str(SLURM)], capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "name the folder of submissions" in done.stderr


def steps(job):
    return [step for step in job["steps"] if "run" in step and "sudo" not in step["run"]]


def filled(text, values):
    for name, value in values.items():
        text = text.replace(f"${{{{ {name} }}}}", value)
    assert "${{" not in text, text
    return text


def test_a_matrix_of_jobs_grades_all_and_merges(book, small_masters, tmp_path, isolation):
    plan = yaml.safe_load(ACTIONS.read_text())
    write_class(tmp_path / "class" / "submissions", small_masters)
    values = {
        "inputs.seed": str(toy.SEED),
        "inputs.options": f"--masters {small_masters} --go-on",
    }
    shares = plan["jobs"]["share"]["strategy"]["matrix"]["share"]
    assert shares == [f"{number}/{len(shares)}" for number in range(1, len(shares) + 1)]
    shares = ["1/2", "2/2"]  # a class of four is small
    assert plan["jobs"]["merge"]["needs"] == "share"
    everywhere = {name: filled(text, values) for name, text in plan["env"].items()}
    everywhere["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"

    for share in shares:
        for step in steps(plan["jobs"]["share"]):
            own = {name: filled(text, {"matrix.share": share})
                   for name, text in step.get("env", {}).items()}  # fmt: skip
            run(["bash", "-e", "-c", step["run"]], tmp_path, **everywhere, **own)
    assert len(list((tmp_path / "results").iterdir())) == len(shares)
    for step in steps(plan["jobs"]["merge"]):
        run(["bash", "-e", "-c", step["run"]], tmp_path, **everywhere)

    is_whole(tmp_path / "grades")
    assert set((tmp_path / "made").read_text().splitlines()) == {"-C book environment-grade"}


def test_what_a_share_leaves_is_what_the_merge_finds():
    """Names of artifacts and folders agree, and no secret is asked for."""
    plan = yaml.safe_load(ACTIONS.read_text())
    uses = {job: [step for step in plan["jobs"][job]["steps"] if "uses" in step]
            for job in plan["jobs"]}  # fmt: skip
    [up] = [step for step in uses["share"] if "upload-artifact" in step["uses"]]
    [down] = [step for step in uses["merge"] if "download-artifact" in step["uses"]]

    assert up["with"]["path"] == down["with"]["path"] == "results"
    assert down["with"]["merge-multiple"] is True
    assert plan["permissions"] == {"contents": "read"}
    assert "secrets." not in ACTIONS.read_text()
    for step in (*uses["share"], *uses["merge"]):
        if "artifact" in step["uses"] and "upload" in step["uses"]:
            assert step["with"]["retention-days"] <= 7


def test_the_workflows_of_the_book_and_of_the_example_use_the_same_actions():
    text = "\n".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))
    ours = {step["uses"] for job in yaml.safe_load(ACTIONS.read_text())["jobs"].values()
            for step in job["steps"] if "uses" in step}  # fmt: skip

    for used in ours:
        if not used.startswith(("actions/upload-artifact@", "actions/download-artifact@")):
            assert used in text


# -- GitHub Classroom ------------------------------------------------------------------------------


@pytest.fixture
def classroom(tmp_path, small_masters, warm_process, isolation):
    """Two students' repositories, cloned as `gh classroom clone student-repos` does, and graded."""
    clones = tmp_path / "small-submissions"
    who = ["-c", "user.name=Teacher", "-c", "user.email=teacher@school.example"]
    for student in ("octo-cat", "mona7"):
        origin, clone = tmp_path / f"{student}.git", clones / f"small-{student}"
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin)], tmp_path)
        run(["git", "clone", "--quiet", str(origin), str(clone)], tmp_path)
        toy.save(toy.solved(small_masters), clone / "small.ipynb")
        (clone / "README.md").write_text("# Fill in `small.ipynb`, and push it\n")
        run(["git", "add", "."], clone)
        run(["git", *who, "commit", "--quiet", "-m", "Answer"], clone)
        run(["git", "push", "--quiet", "origin", "HEAD:main"], clone)
    pattern = re.search(r"--id '([^']+)'", CLASSROOM.read_text())[1]
    pattern = pattern.replace("vgg-parameters", "small")
    grade(clones, tmp_path / "small-submissions-grades", small_masters, warm_process,
          id_pattern=pattern, go_on=False)  # fmt: skip
    return tmp_path


def test_repositories_of_a_classroom_are_graded_and_get_their_page(classroom):
    out = classroom / "small-submissions-grades"
    assert list(table(out / "grades.csv")) == ["mona7", "octo-cat"]
    (classroom / "small-submissions/small-late").mkdir()

    said = [
        run(
            ["bash", str(CLASSROOM), "small-submissions"], classroom,
            GIT_AUTHOR_NAME="T", GIT_AUTHOR_EMAIL="t@school.example",
            GIT_COMMITTER_NAME="T", GIT_COMMITTER_EMAIL="t@school.example",
        ).splitlines()
        for _ in range(2)
    ]  # fmt: skip

    assert said == [["late: no page", "mona7: pushed", "octo-cat: pushed"],
                    ["late: no page", "mona7: nothing new", "octo-cat: nothing new"]]  # fmt: skip
    for student in ("octo-cat", "mona7"):
        page = run(["git", "show", "main:feedback.html"], classroom / f"{student}.git")
        assert page == (out / "feedback" / f"{student}.html").read_text()
