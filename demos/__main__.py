"""`python -m goalmisgen` is `goalmisgen`."""

from .engine.cli import main

main()
