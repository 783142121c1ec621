"""What the book's pages show: charts, drawings, questions and live figures, all from counts.

The package itself loads nothing. What counts (`convcost.measure`, `convcost.arithmetic`) knows
nothing of what is here.
"""
