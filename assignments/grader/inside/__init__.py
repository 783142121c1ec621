"""What a student's process has of the grader, and the other end of the same line.

This folder alone is in sight inside a jail, where it is the package `inside`: it imports nothing
else of the grader. `sandbox` runs a student's cells; `plain`, `modules` and `values` are all that
passes from there to the judge. The judge uses the same three, to read what came.
"""
