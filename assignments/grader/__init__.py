"""Grade a folder of submissions; README.md beside this file says how, and what masters keep to.

In the order of a submission's way: `intake` finds it, `notebooks` reads and restores it, `judge`
runs it between two processes (`sandbox` and `jail` are the student's; `student` is the judge's
handle on it; `values` and `modules` are all that passes), `marks` keeps rows and marks by hand,
`report` writes what people read, `run` drives all, `zygote` starts processes that are warm.
"""
