"""Figures on a page in the text format of Prometheus: a name, perhaps labels, a value and perhaps a time a line."""

from math import isnan

from engine.errors import ProbeFailed
from engine.model.harm import MetricProbe


def judge(probe: MetricProbe, page: str) -> str:
    """What the figure is; raise `ProbeFailed` where it is not there, or out of its bounds."""
    value = _value(probe.metric, page)
    if value is None or isnan(value):
        raise ProbeFailed(f"there is no figure `{probe.metric}`")
    if probe.at_least is not None and value < probe.at_least:
        raise ProbeFailed(f"{value:g} is less than {probe.at_least:g}")
    if probe.at_most is not None and value > probe.at_most:
        raise ProbeFailed(f"{value:g} is more than {probe.at_most:g}")
    return f"{value:g}"


def _value(metric: str, page: str) -> float | None:
    for line in page.splitlines():
        rest = line.removeprefix(metric)
        if line.startswith(metric) and rest[:1].isspace():
            return _number(rest.split()[0]) if rest.strip() else None
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
