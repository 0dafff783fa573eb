"""`fireline policy show`: what the layers of a policy say together, and where each value was written."""

from console.cli.options import Home, Json
from console.cli.output import Output
from console.cli.policy_tools import PolicyFile
from engine.model.base import Json as JsonObject


def show(file: PolicyFile = None, home: Home = None, json: Json = False) -> None:
    """What the layers of a policy say together, as one file; each line says where it was written."""
    from console.cli.assembly import policy_layers, specs
    from engine.policy_file import compile_layers
    from engine.policy_layers import stack
    from engine.policy_text import origins, text
    from engine.settings import load

    settings = load({"home": home})
    layers = policy_layers(settings.policy if file is None else file, settings)
    policy, stacked = compile_layers(layers, specs(home)), stack(layers)
    merged = stacked[-1].merged
    answer: JsonObject = {
        "policy": policy.name,
        "digest": policy.digest,
        "layers": [{"layer": one.layer.value, "policy": one.policy, "file": one.source.name} for one in stacked],
        "content": merged.data,
        "origins": {**origins(merged)},
    }
    names = " < ".join(f"{one.policy} ({one.layer})" for one in reversed(stacked))
    Output(json).show(answer, [f"# {names}, digest {policy.digest[:16]}", *text(merged)])
