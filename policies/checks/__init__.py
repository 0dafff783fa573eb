"""Pre-execution validation: one check a file, all of them run when planning and again right before executing."""

from engine.ports import Check
from policies.checks.budget import Budget
from policies.checks.change_window import ChangeWindow
from policies.checks.connector_healthy import ConnectorHealthy
from policies.checks.context_age import ContextAge
from policies.checks.default_gateway import DefaultGateway
from policies.checks.dependents import Dependents
from policies.checks.dhcp import Dhcp
from policies.checks.domain_controller import DomainController
from policies.checks.evidence_captured import EvidenceCaptured
from policies.checks.exclusion import Excluded
from policies.checks.freeze import Freeze
from policies.checks.full_tunnel import FullTunnel
from policies.checks.hypervisor import Hypervisor
from policies.checks.intel_markings import IntelMarkings
from policies.checks.last_administrator import LastAdministrator
from policies.checks.legitimate_flows import LegitimateFlows
from policies.checks.own_path import OwnPath
from policies.checks.protected import Protected
from policies.checks.redundancy_group import RedundancyGroup
from policies.checks.reenabled import Reenabled
from policies.checks.resolver import Resolver
from policies.checks.rollback_ready import RollbackReady
from policies.checks.service_account import ServiceAccount
from policies.checks.shared_address import SharedAddress
from policies.checks.shared_exit import SharedExit
from policies.checks.target_concurrency import TargetConcurrency
from policies.checks.target_exists import TargetExists
from policies.checks.target_unchanged import TargetUnchanged
from policies.checks.untouchable import Untouchable

CHECKS: tuple[Check, ...] = (
    Freeze(),
    ChangeWindow(),
    TargetExists(),
    TargetUnchanged(),
    ContextAge(),
    Untouchable(),
    Protected(),
    Excluded(),
    OwnPath(),
    DefaultGateway(),
    Resolver(),
    DomainController(),
    Dhcp(),
    Hypervisor(),
    SharedExit(),
    FullTunnel(),
    SharedAddress(),
    LastAdministrator(),
    ServiceAccount(),
    Reenabled(),
    RedundancyGroup(),
    IntelMarkings(),
    LegitimateFlows(),
    Dependents(),
    Budget(),
    TargetConcurrency(),
    ConnectorHealthy(),
    RollbackReady(),
    EvidenceCaptured(),
)
"""What ships, in the order in which people read the answers."""
