"""`fireline`: every command registered by hand, and every error of ours turned into an exit code."""

import sys
from typing import Annotated

import typer

from console.cli import (
    backup,
    break_glass,
    budgets,
    cases,
    conformance,
    context,
    control,
    detect,
    evidence,
    flows,
    governance,
    ingest,
    init,
    intel,
    leases,
    ledger,
    metrics,
    models,
    pages,
    people,
    playbook,
    plugins,
    policy,
    policy_proof,
    policy_show,
    policy_tools,
    review,
    second_factor,
    serve,
    sessions,
    sources,
    tasks,
    tokens,
    up,
    worker,
)
from console.cli import demo_command as demo
from console.cli.doctor import command as doctor
from console.cli.leaving import complain, exit_code
from engine.errors import FirelineError

# No markup and no pretty tracebacks: those print local variables, and with them secrets (I11).
app = typer.Typer(
    name="fireline",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("init")(init.init)
app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("demo")(demo.demo)
app.command("status")(control.status)
app.command("ingest")(ingest.ingest)
app.command("metrics")(metrics.metrics)
app.command("sources")(sources.sources)
app.command("conformance")(conformance.conformance)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("freeze")(control.freeze)
app.command("unfreeze")(control.unfreeze)
app.command("break-glass")(break_glass.break_glass)
app.add_typer(budgets.budgets, name="budgets")
app.add_typer(cases.incidents, name="incidents")
app.add_typer(cases.actions, name="actions")
app.add_typer(cases.approvals, name="approvals")
app.add_typer(leases.leases, name="leases")
app.command("inventory")(context.inventory)
app.add_typer(context.context, name="context")
app.add_typer(detect.app, name="detect")
app.add_typer(evidence.evidence, name="evidence")
app.add_typer(intel.intel, name="intel")
app.add_typer(flows.flows, name="flows")
app.add_typer(models.app, name="models")
policy.policy.command("test")(policy_tools.test)
policy.policy.command("diff")(policy_tools.diff)
policy.policy.command("show")(policy_show.show)
policy.policy.command("what-if")(policy_tools.what_if)
policy.policy.command("prove")(policy_proof.prove)
policy.policy.command("propose")(governance.propose_policy)
policy.policy.command("proposals")(governance.proposals)
policy.policy.command("approve")(governance.approve)
policy.policy.command("deny")(governance.deny)
policy.policy.command("history")(governance.policy_history)
policy.policy.command("rollback")(governance.policy_rollback)
policy.policy.command("stored")(governance.policy_stored)
app.add_typer(policy.policy, name="policy")
app.add_typer(review.review, name="review")
app.add_typer(tasks.tasks, name="tasks")
app.add_typer(review.findings, name="findings")
app.add_typer(ledger.ledger, name="ledger")
app.add_typer(pages.pages, name="pages")
people.app.command("totp")(second_factor.totp)
app.add_typer(people.app, name="people")
app.add_typer(tokens.tokens, name="tokens")
app.add_typer(sessions.sessions, name="sessions")
playbook.playbook.command("propose")(governance.propose_playbooks)
playbook.playbook.command("history")(governance.playbook_history)
playbook.playbook.command("rollback")(governance.playbook_rollback)
playbook.playbook.command("stored")(governance.playbook_stored)
app.add_typer(playbook.playbook, name="playbook")
app.add_typer(plugins.app, name="plugins")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"fireline {version('fireline')}")
        raise typer.Exit


@app.callback()
def fireline(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say which one.")
    ] = False,
) -> None:
    """Contain attacks automatically without becoming the outage.

    Exit codes: 0 done, 1 refused or not found to hold, 2 bad input or usage, 3 a needed service is away.
    """


def command_names() -> list[str]:
    """Every command there is, by name."""
    return [*typer.main.get_group(app).commands]


def run() -> None:
    """Run the command line of this process, and leave with the exit code that its error asks for."""
    try:
        app()
    except FirelineError as error:
        complain(error)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
