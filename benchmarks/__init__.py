"""Speed and memory, side by side in one run: ``make bench``; or one: ``python -m benchmarks.book``.

Times depend on the machine, ratios hardly: so each benchmark times what it compares in turn.
"""
