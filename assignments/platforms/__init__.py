"""What comes out of grading, as the platforms that a course lives on take it.

`moodle` and `canvas` read a platform's own list of people, `entering` writes it again with the
marks in it, says who is missing, and packs feedback; `course` does it for nbgrader's exchange.
Another platform is a module that makes a `roster.Roster` of its file, a line in `entering.READERS`,
and an option of `assignments.grade`.

All of them read what a run leaves (`assignments/grader/README.md`), and nothing of a run at work.
"""
