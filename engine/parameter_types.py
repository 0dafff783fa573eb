"""Which types of expression can serve an action's parameter, by the JSON Schema of its model."""

from collections.abc import Iterator
from functools import cache

from pydantic import JsonValue

from engine.model.action import Params
from engine.model.base import Json

_AS_JSON = {"STRING": "string", "INT": "integer", "DOUBLE": "number", "BOOL": "boolean"}


def accepted(params: type[Params], name: str) -> tuple[str, ...]:
    """The JSON types a parameter takes; empty where it takes any, or where there is no such parameter."""
    schema = _schema(params)
    fields, shared = schema.get("properties"), schema.get("$defs", {})
    if not isinstance(fields, dict) or not isinstance(shared, dict):
        return ()
    return tuple(dict.fromkeys(_types(fields.get(name), shared)))


def serves(gives: str, types: tuple[str, ...]) -> bool:
    """Whether what CEL calls `gives` may be one of these types; a whole number may come as any number."""
    kind = "array" if gives.startswith("LIST") else "object" if gives.startswith("MAP") else _AS_JSON.get(gives)
    alike = {"integer", "number"} if kind in ("integer", "number") else {kind}
    return kind is None or not types or not alike.isdisjoint(types)


@cache
def _schema(params: type[Params]) -> Json:
    return params.model_json_schema()


def _types(schema: JsonValue, shared: Json) -> Iterator[str]:
    match schema:
        case {"$ref": str(name)}:
            yield from _types(shared[name.rpartition("/")[2]], shared)
        case {"anyOf": list(choices)}:
            for choice in choices:
                yield from _types(choice, shared)
        case {"type": str(kind)}:
            yield kind
