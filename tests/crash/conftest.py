"""Shows what the tests of this folder measured in the summary, also where they ran in processes of their own."""

from _pytest.terminal import TerminalReporter

TITLES = {"kills": "kills at every step", "overdue": "overdue after an outage"}
"""By the name of the recorded property."""


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Write what the tests recorded."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name in TITLES:
                    terminalreporter.write_sep("=", TITLES[name])
                    terminalreporter.write_line(str(value))
