"""What a plug-in offers must keep the form of what ships, before anything uses it.

Rules: 1. It is called as its entry point says, so that its name is known without running it. 2. An action tells
everything that policy and people need to know of it. 3. What nobody can undo says so in all three places that policy
looks at, for that is what puts it at tier 4.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.documents import read
from engine.errors import Denied
from engine.model.action import ActionSpec, Impact, Params, Reversal
from engine.model.plugin import PluginKind
from engine.ports import Action

ACTION_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")
CHECK_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FORMAT_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def require_fit(kind: PluginKind, name: str, offered: object) -> None:
    """Raise `Denied` with what is amiss in something offered under `name`."""
    _JUDGES[kind](name, offered)


def _action(name: str, offered: object) -> None:
    if not (isinstance(offered, type) and issubclass(offered, Action)) or inspect.isabstract(offered):
        raise Denied("is no class of `engine.ports.Action` with all its methods")
    if not callable(getattr(offered, "over", None)):
        raise Denied("has no `over(ports)` to be bound to a connector by")
    spec = getattr(offered, "spec", None)
    if not isinstance(spec, ActionSpec):
        raise Denied("has no `spec`")
    _named(name, spec.id, ACTION_ID, "system.verb")
    require_complete(spec)


def require_complete(spec: ActionSpec) -> None:
    """Rules 2 and 3, for any action."""
    if not spec.summary.strip() or not spec.version.strip():
        raise Denied("its metadata lacks a summary or a version")
    if not issubclass(spec.params, Params) or spec.params is Params:
        raise Denied("its parameters are no model of their own over `Params`")
    if bool(spec.d3fend) != (spec.impact > Impact.NONE) or bool(spec.mitigations) != (spec.impact > Impact.NONE):
        raise Denied("what changes something names its D3FEND countermeasure and its ATT&CK mitigations, and only that")
    final = spec.reversal is Reversal.IRREVERSIBLE
    if spec.impact is not Impact.NONE and final != (spec.impact is Impact.IRREVERSIBLE):
        raise Denied("what is irreversible says so as its impact and as its reversal, or policy could let it act alone")
    if spec.lasting and spec.reversal is not Reversal.REVERSIBLE:
        raise Denied("what lasts until it is released must be reversible")


def _check(name: str, offered: object) -> None:
    _named(name, getattr(offered, "id", None), CHECK_ID, "kebab-case")
    _methods(offered, "run")


def _intake(name: str, offered: object) -> None:
    _named(name, getattr(offered, "name", None), FORMAT_NAME, "a word")
    if name == "auto":
        raise Denied("`auto` means all formats")
    _methods(offered, "recognises", "kind", "normalise")


def _detector(name: str, offered: object) -> None:
    _named(name, getattr(offered, "id", None), ACTION_ID, "subject.method")
    if not isinstance(getattr(offered, "version", None), str):
        raise Denied("has no version")
    _methods(offered, "read")


def _rules(name: str, offered: object) -> None:
    if not isinstance(offered, Path):
        raise Denied("is no file of the plug-in")
    document = read(offered)
    _named(name, document.data.get("policy"), CHECK_ID, "kebab-case")
    if "on" not in document.data:
        raise Denied("is no layer: it stands on no policy")


def _anything(name: str, offered: object) -> None:
    """Samples are judged by the suite that uses them."""


def _named(name: str, own: object, form: re.Pattern[str], called: str) -> None:
    if own != name:
        raise Denied(f"calls itself `{own}`")
    if not form.fullmatch(name):
        raise Denied(f"is not called as such a thing is, in the form {called}")


def _methods(offered: object, *names: str) -> None:
    missing = [name for name in names if not callable(getattr(offered, name, None))]
    if missing or isinstance(offered, type):
        raise Denied(f"is no object with `{missing[0] if missing else names[0]}`")


_JUDGES: Mapping[PluginKind, Callable[[str, object], None]] = {
    PluginKind.ACTION: _action,
    PluginKind.CHECK: _check,
    PluginKind.INTAKE: _intake,
    PluginKind.DETECTOR: _detector,
    PluginKind.RULES: _rules,
    PluginKind.CONFORMANCE: _anything,
}
