"""What the Makefile runs.

`tools.install` makes the environment, so it needs the standard library only (tests/test_house.py
holds it to that). The others run in the environment and may use what is in it.
"""
