"""The command that looks at everything before a lecture."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from ... import NAMES, entry
from .options import Json, print_json
from .root import app

if TYPE_CHECKING:
    from .rehearsal import Finding

MARKS = {True: "ok", False: "FAILED", None: "note"}


@app.command()
def check(
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print only what failed or is worth knowing, and the summary.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print a line for everything that was looked at.")] = False,
    json: Json = False,
) -> None:
    """Check everything before a lecture.

    Display, network, compiled rules, weights and their cards, whether presets still give their stated outcomes, and
    whether talks and lessons show what they say.

    Example: goalmisgen check
    """
    from .rehearsal import check as findings_of

    found: list[Finding] = []
    for _, findings in groupby(findings_of([entry(name) for name in NAMES]), _subject):
        about = list(findings)
        found += about
        if not json:
            _print(about, quiet, verbose)
    failed = sum(finding.ok is False for finding in found)
    if json:
        print_json([finding._asdict() for finding in found])
    else:
        typer.echo(f"{len(found)} things looked at; {f'{failed} FAILED' if failed else 'none failed'}.")
    if failed:
        raise typer.Exit(1)


def _subject(finding: "Finding") -> str:
    """The demo that a finding is about, or `talk`, `lesson`, `display`, `font`, `votes`."""
    return finding.what.partition(" ")[0]


def _print(findings: "list[Finding]", quiet: bool, verbose: bool) -> None:
    """A line for all that is well of one subject, and one for everything else."""
    well = [finding for finding in findings if finding.ok]
    if well and not (verbose or quiet):
        told = well[0].says if len(findings) == 1 else f"{len(well)} of {len(findings)} are as they should be."
        typer.echo(f"{MARKS[True]:7} {_subject(well[0])}: {told}")
    for finding in findings:
        if verbose or not finding.ok:
            typer.echo(f"{MARKS[finding.ok]:7} {finding.what}: {finding.says}")
