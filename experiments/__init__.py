"""What takes longer than a page build, or needs more packages: it writes the files of book/data."""
