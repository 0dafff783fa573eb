"""`fireline serve`: the engine's doors and decisions, where Temporal and what touches the world run elsewhere.

Rules: 1. It starts no Temporal and touches no target: it has no need of the connectors' credentials. 2. In everything
else it is the engine of its home: doors, people, policy, ledger and database are those of `fireline up`.
"""

from console.cli.leaving import run_and_leave
from console.cli.options import Home, Json
from console.cli.output import Output
from console.cli.up import Flows, PolicyName, Port, SiteName, cluster_address, prepare, read, serve_until_stopped


def serve(
    home: Home = None,
    policy: PolicyName = None,
    site: SiteName = None,
    port: Port = None,
    flows: Flows = None,
    json: Json = False,
) -> None:
    """Run the engine beside the Temporal at TEMPORAL_ADDRESS; `fireline worker` touches the world.

    Prints the API's address, on loopback, on its first line; a proxy that ends TLS belongs before it. SIGTERM, and even
    kill -9, loses nothing: the next start goes on.
    """
    from console.cli.assembly import assemble

    settings = read({"home": home, "policy": policy, "site": site, "api_port": port, "flows": flows and tuple(flows)})
    cluster_address(settings)
    prepare(settings, settings.site)
    run_and_leave(serve_until_stopped(settings, assemble(settings).without_hands(), Output(json)))
