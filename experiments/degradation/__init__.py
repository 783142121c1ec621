"""Does depth hurt? Plain and residual networks trained side by side, for "Degradation".

``make experiments`` trains what settings.csv asks for, each run in a process of its own, and writes
the tables that the chapter reads. One row of settings.csv is one network with one recipe, and as
many runs as it has seeds.
"""
