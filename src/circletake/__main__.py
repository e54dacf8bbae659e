"""`python -m circletake` is the command line."""

from circletake.cli.__main__ import main

main()
