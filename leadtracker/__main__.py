"""`python -m leadtracker` is `leadtracker`."""

from leadtracker.cli import main

main()
