"""The cases beside every layer of a policy, decided together under what the layers say together.

A layer that restricts changes what comes out of cases written above it. It says so by a case of the same id, which
then stands in place of the higher one's.
"""

from collections.abc import Sequence
from pathlib import Path

from engine.errors import InvalidFile, InvalidInput
from engine.policy_cases import CaseFile, beside, load_cases
from engine.policy_file import Policy
from engine.policy_layers import Stacked
from engine.policy_trial import Trial, try_policy
from engine.ports import Specs


def load_layer_cases(layers: Sequence[Stacked], policy: Policy, specs: Specs) -> tuple[CaseFile, ...]:
    """The cases beside each layer that has some, the highest first; raise `InvalidFile` with all that is wrong."""
    paths = [(beside(Path(layer.source.name)), layer.policy) for layer in layers]
    found, problems = list[CaseFile](), list[InvalidInput]()
    for path, name in [pair for pair in paths if pair[0].exists()] or paths[-1:]:
        try:
            found.append(load_cases(path, policy, specs, name))
        except InvalidFile as error:
            problems += error.problems
    if problems:
        raise InvalidFile(tuple(problems))
    return tuple(found)


def try_layers(policy: Policy, files: Sequence[CaseFile], specs: Specs) -> Trial:
    """Decide the cases of all files, the highest layer's first."""
    trials = []
    for number, file in enumerate(files):
        instead = frozenset(case.id for lower in files[number + 1 :] for case in lower.content.cases)
        trials.append(try_policy(policy, file, specs, instead))
    return Trial(
        cases=sum(trial.cases for trial in trials),
        failures=tuple(failure for trial in trials for failure in trial.failures),
        clauses=trials[0].clauses,
        tested=frozenset(tested for trial in trials for tested in trial.tested),
    )
