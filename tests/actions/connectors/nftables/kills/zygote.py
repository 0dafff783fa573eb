"""Forks engines whose hands are a real nft: `python zygote.py HOME PORT NAMESPACE GRACE`; else the kill tests' own."""

import sys
from pathlib import Path

from engine.settings import Settings, load
from tests.crash.zygote import main

POLICY = Path(__file__).parent / "policy.yaml"


def settings_of(home: Path, port: int, namespace: str, grace: str) -> Settings:
    """No simulated site: all there is to act on is the router of the tests."""
    return load(
        {
            "home": home,
            "policy": str(POLICY),
            "connectors": [{"kind": "nftables", "instance": "edge-1", "namespace": namespace, "grace": grace}],
            "api_port": port,
            "drift_interval": "1s",
            "checkpoint_every": "2s",
        }
    )


if __name__ == "__main__":
    main(settings_of(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]))
