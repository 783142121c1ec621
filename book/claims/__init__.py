"""Claims on trial: what others wrote about VGG and ResNet, each with a verdict and its evidence.

The docket of the chapter networks/claims. `docket` reads the two tables beside it; `evidence` has a
function for each claim that a count can settle; `sources` is what these functions count with,
`findings` calls them, and `page` writes it all down for readers.
"""
