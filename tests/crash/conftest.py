"""Shows the table of steps and hits in the summary, also where the tests ran in processes of their own."""

from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Write what the kill tests recorded."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    tables = [value for report in reports for name, value in report.user_properties if name == "kills"]
    for table in tables:
        terminalreporter.write_sep("=", "kills at every step")
        terminalreporter.write_line(str(table))
