"""How sure a learner was of guesses, and how many of them came true."""

from . import worksheet as ws


def note(progress: ws.Progress, name: str, sure: str | None) -> None:
    """Note how sure a guess was, by one of `ws.SURE`; nothing where that was not said."""
    if sure in ws.SURE:
        progress.sure[name] = ws.SURE.index(sure)


def told(progress: ws.Progress) -> str:
    """For each degree of being sure, how many guesses of all lessons came true; empty where none was said of any."""
    said = []
    for i, sure in enumerate(ws.SURE):
        names = [name for name in progress.came if progress.sure.get(name) == i and name in progress.chosen]
        right = sum(progress.came[name] == progress.chosen[name][0] for name in names)
        if names:
            said.append(f"{sure}, {right} of {len(names)}")
    return f"How often your guesses came true: {'; '.join(said)}." if said else ""
