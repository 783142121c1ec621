"""Grade a folder of submissions.

README.md beside this file says how, what is where, and what masters keep to. `run.grade` is where
to begin reading.
"""
