"""From what people wrote in a policy or playbook to compiled expressions, with every problem told at its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from engine.documents import Document, Position, Step
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expression, Expressions, Prepared, Refusal, Wants
from engine.model.action import ActionSpec, Params
from engine.model.base import Json
from engine.parameter_types import accepted, serves
from engine.ports import Specs

Path = tuple[Step, ...]

_MARK = "="
"""What begins an expression; everything else is a literal."""

_BESIDE: Mapping[str, str] = {"target": "target"}


@dataclass(frozen=True)
class Value:
    """A literal, or an expression over facts."""

    written: JsonValue
    expression: Expression | None = None

    def resolve(self, facts: Prepared) -> JsonValue | Refusal:
        """The value; refused where there is none, or where a fact's text would read as an expression."""
        if self.expression is None:
            return self.written
        answer = self.expression.value(facts)
        if answer is None or answer == "":
            return Refusal(f"`{self.expression.source}` has no value here")
        if isinstance(answer, str) and answer.startswith(_MARK):
            return Refusal(f"`{self.expression.source}` begins with `{_MARK}`")
        return answer


@dataclass(frozen=True)
class Call:
    """An action with a target and parameters that facts will fill in."""

    spec: ActionSpec
    target: Value
    params: Mapping[str, Value]

    def bind(self, facts: Prepared) -> Params | Refusal:
        """The action's parameters, target among them, as that action accepts them."""
        values = {name: value.resolve(facts) for name, value in {**self.params, "target": self.target}.items()}
        for name, value in values.items():
            if isinstance(value, Refusal):
                return Refusal(f"`{name}`: {value.reason}")
        try:
            return self.spec.params.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return Refusal(f"`{'.'.join(map(str, first['loc']))}`: {first['msg'][:1].lower()}{first['msg'][1:]}")


class Reviewer:
    """Compiles one document's expressions, and collects whatever is wrong until `finish`."""

    def __init__(self, document: Document, language: Expressions, specs: Specs, foreseen: Sequence[str] = ()) -> None:
        """`foreseen` are actions that may be named although `specs` has none such yet."""
        self._document, self._language, self._specs = document, language, specs
        self._foreseen = frozenset(foreseen)
        self._problems: list[InvalidInput] = []

    def over(self, language: Expressions) -> "Reviewer":
        """The same review with other facts in scope; what it finds is told by this one."""
        other = Reviewer(self._document, language, self._specs, tuple(self._foreseen))
        other._problems = self._problems
        return other

    @property
    def problems(self) -> tuple[InvalidInput, ...]:
        """Everything that was wrong so far."""
        return tuple(self._problems)

    def finish(self) -> None:
        """Raise `InvalidFile` if anything was wrong."""
        if self._problems:
            raise InvalidFile(tuple(self._problems))

    def refuse(self, message: str, *path: Step, key: bool = False) -> None:
        """Note a problem with the value, or the key, at `path`."""
        self._problems.append(self._document.at(path, key=key).error(message))

    def unique(self, names: Sequence[str], *path: Step, field: str = "id") -> None:
        """Every name of the list at `path` stands there once."""
        for index, name in enumerate(names):
            if name in names[:index]:
                self.refuse(f"`{name}` stands here twice", *path, index, field)

    def actions(self, names: Sequence[str], *path: Step) -> None:
        """Every action in the list at `path` exists, or is foreseen."""
        for index, name in enumerate(names):
            if self._specs.get(name) is None and name not in self._foreseen:
                self.refuse(self._unknown(name), *path, index)

    def condition(self, source: str, *path: Step) -> Expression:
        """The condition at `path`."""
        return self._compile(source, Wants.BOOL, self._document.at(path))

    def value(self, written: JsonValue, *path: Step) -> Value:
        """The literal or `= expression` at `path`."""
        if isinstance(written, str) and written.startswith(_MARK):
            source = written[len(_MARK) :].strip()
            at = self._document.at(path).after(len(written) - len(written[len(_MARK) :].lstrip()))
            return Value(written, self._compile(source, Wants.VALUE, at))
        if _hides_expression(written):
            self.refuse("an expression must be the whole parameter: build lists and objects in CEL", *path)
        return Value(written)

    def literal(self, text: str, *path: Step) -> None:
        """The text at `path` is shown as it stands; one that looks like an expression is refused."""
        if text.startswith(_MARK):
            self.refuse("no expression may stand here", *path)

    def call(
        self, action: str, target: str, params: Json, *path: Step, beside: Mapping[str, str] = _BESIDE
    ) -> Call | None:
        """The call at `path`, its parameters checked against the action's own; None for an action not there yet.

        `beside` names the keys of those parameters that do not stand in `params`.
        """
        places = {name: (*path, *((beside[name],) if name in beside else ("params", name))) for name in params}
        places["target"] = (*path, beside["target"])
        values = {name: self.value(value, *places[name]) for name, value in params.items()}
        aim = self.value(target, *places["target"])
        spec = self._specs.get(action)
        if spec is None:
            if action not in self._foreseen:
                self.refuse(self._unknown(action), *path, "action")
            return None
        self._parameters(spec, {**values, "target": aim}, places, path)
        return Call(spec, aim, values)

    def _parameters(
        self, spec: ActionSpec, values: Mapping[str, Value], places: Mapping[str, Path], path: Path
    ) -> None:
        literals = {name: value.written for name, value in values.items() if value.expression is None}
        try:
            spec.params.model_validate(literals)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                name, *inside = item["loc"] or ("target",)
                if item["type"] == "missing" and name in values:
                    continue  # an expression will give it
                self._parameter(spec, item, str(name), (*places.get(str(name), path), *inside))
        for name, value in values.items():
            if value.expression is not None:
                self._given(spec, name, value.expression, places[name])

    def _given(self, spec: ActionSpec, name: str, expression: Expression, place: Path) -> None:
        """An expression can give the parameter: there is one, and of a type that its value can have."""
        if name not in spec.params.model_fields:
            self.refuse(f"`{spec.id}` has no parameter `{name}`", *place)
        elif not serves(expression.gives, types := accepted(spec.params, name)):
            self.refuse(f"parameter `{name}` takes {' or '.join(types)}, this gives `{expression.gives}`", *place)

    def _parameter(self, spec: ActionSpec, item: ErrorDetails, name: str, place: Path) -> None:
        match item["type"]:
            case "missing" if len(item["loc"]) == 1:
                self.refuse(f"`{spec.id}` needs the parameter `{name}`", *place)
            case "extra_forbidden" if len(item["loc"]) == 1:
                self.refuse(f"`{spec.id}` has no parameter `{name}`", *place)
            case _:
                self.refuse(f"parameter `{name}`: {item['msg'][:1].lower()}{item['msg'][1:]}", *place)

    def _compile(self, source: str, wants: Wants, at: Position) -> Expression:
        try:
            return self._language.compile(source, wants, at)
        except InvalidInput as problem:
            self._problems.append(problem)
            return self._language.compile("dyn(false)", Wants.VALUE, at)

    def _unknown(self, action: str) -> str:
        return f"there is no action `{action}`: use one of {', '.join(spec.id for spec in self._specs.all())}"


def _hides_expression(written: JsonValue) -> bool:
    match written:
        case str():
            return written.startswith(_MARK)
        case list():
            return any(map(_hides_expression, written))
        case dict():
            return any(map(_hides_expression, written.values()))
    return False
