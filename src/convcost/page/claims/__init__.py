"""Claims on trial: what others wrote about VGG and ResNet, each with a verdict and its evidence.

`docket` reads the table, `evidence` computes what it says, `page` writes it down for readers.
"""
