"""`python -m demos` is `goalmisgen`."""

from demos.engine.cli import main

main()
