"""`fireline policy prove` with the people who would have to answer."""

from pathlib import Path

from tests.console.cli.conftest import Run

PEOPLE = """\
version: 1
groups: {responders: r, identity-owners: i}
people:
"""
PERSON = "  {}: {{name: P, roles: [approver], groups: [responders, identity-owners], accounts: [{}]}}\n"


def crew(folder: Path, *names: str) -> Path:
    path = folder / "people.yaml"
    path.write_text(PEOPLE + "".join(PERSON.format(name, name) for name in names))
    path.chmod(0o600)
    return path


def test_people_who_can_always_answer_are_part_of_the_proof(run: Run, home: Path, tmp_path: Path) -> None:
    done = run("policy", "prove", "--people", str(crew(tmp_path, "anna", "tom", "lena", "kai")))
    assert (done.code, "somebody can always answer" in done.out) == (0, True)


def test_too_few_people_are_a_counterexample(run: Run, home: Path, tmp_path: Path) -> None:
    few = str(crew(tmp_path, "anna", "tom"))
    done = run("policy", "prove", "--people", few)
    assert done.code == 1
    assert "tier 4: nobody can answer: " in done.out
    assert "2 are needed of tom, where anna may not vote" in done.out
    whom = "list 4 people with the role `approver` (`people`), 3 of them in `identity-owners` (`groups`)"
    assert f"to mend it, in {few}: {whom}, on duty together (`rota`)\n" in done.out
    answer = run("policy", "prove", "--people", few, "--json").json
    assert (answer["holds"], answer["staffed"]) == (False, True)


def test_without_people_nobody_is_asked_about_and_that_is_said(run: Run, home: Path) -> None:
    assert "; no people: who can answer was not asked" in run("policy", "prove").out
