"""A decision demo at fixed values of its sliders, as the states that can be reached and all that can follow."""

from .decision import Chance, DecisionDemo, State, Values

MOST_STATES = 200_000
PolicyTable = list[list[float]]  # chance of each action, by state and action, in the order of a `Process`


class ProcessError(ValueError):
    """Rules that are no finite decision process; the message is one sentence for a person."""


class Process:
    """Every state that can be reached, in an order in which whatever follows a state stands after it.

    Attributes, by the number of a state and of an action: `states`, `actions` (names; none where it is over), `chances`
    (what can follow) and `follows` (the numbers of the states in them). `number` finds a state's number; `begin` and
    `firsts` say how it can begin, in the same way. Raises ProcessError if chances do not add up to 1, if a state can
    come back, or if there are more than `MOST_STATES`.
    """

    def __init__(self, demo: DecisionDemo, values: Values) -> None:
        self.demo, self.values = demo, dict(values)
        self.begin = demo.begin(values)
        _checked(self.begin, "the beginning", "")
        found: dict[State, tuple[tuple[str, ...], list[list[Chance]]]] = {}
        left: list[State] = []  # last to first: everything that can follow was left before
        under_way: set[State] = set()
        todo = [(chance.state, False) for chance in reversed(self.begin)]
        while todo:  # depth first
            state, back = todo.pop()
            if back:
                under_way.remove(state)
                left.append(state)
                continue
            if state in under_way:
                raise ProcessError(f"{demo.name} comes back to {state}; a run must not see a state twice.")
            if state in found:
                continue
            names = demo.actions(values, state)
            chances = [demo.follow(values, state, name) for name in names]
            found[state] = names, chances
            if len(found) > MOST_STATES:
                raise ProcessError(f"{demo.name} has more than {MOST_STATES:,} states; it is too large to solve.")
            under_way.add(state)
            todo.append((state, True))
            for name, each in zip(names, chances, strict=True):
                _checked(each, name, state)
                todo += [(chance.state, False) for chance in each]
        self.states = left[::-1]
        self.number = {state: i for i, state in enumerate(self.states)}
        self.actions = [found[state][0] for state in self.states]
        self.chances = [found[state][1] for state in self.states]
        self.follows = [[[self.number[c.state] for c in each] for each in chances] for chances in self.chances]
        self.firsts = [self.number[chance.state] for chance in self.begin]

    def uniform(self) -> PolicyTable:
        """Every action as likely as any other."""
        return [[1 / len(names) for _ in names] for names in self.actions]


def _checked(chances: list[Chance], name: str, state: State) -> None:
    likely = [chance.probability for chance in chances]
    if not likely or abs(sum(likely) - 1) > 1e-9 or min(likely) < 0:
        where = f"'{name}' in {state}" if state else name
        raise ProcessError(f"The chances of {where} add up to {sum(likely):g}; they must add up to 1, none below 0.")
