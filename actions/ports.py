"""What one connector instance can offer the actions."""

from dataclasses import dataclass

from engine.target_ports import Directory, Evidence, Firewall, HostControl, Mail, Records, Resolver


@dataclass(frozen=True)
class Ports:
    """The systems behind a connector; None where it has none, and the actions on it are not offered there."""

    firewall: Firewall | None = None
    hosts: HostControl | None = None
    directory: Directory | None = None
    mail: Mail | None = None
    records: Records | None = None
    evidence: Evidence | None = None
    resolver: Resolver | None = None
