"""`python -m fangge` is the `fangge` command."""

from fangge.command.main import main

main()
