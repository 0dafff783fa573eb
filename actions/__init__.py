"""Things that change the world, one a file: metadata, validate, snapshot, execute, inspect, verify, release."""

from actions.dns_sinkhole import Sinkhole
from actions.enrich import Enrich
from actions.evidence_capture import Capture
from actions.host_contain_ports import ContainPorts
from actions.host_isolate import Isolate
from actions.identity_disable_account import DisableAccount
from actions.identity_require_mfa import RequireMfa
from actions.identity_revoke_sessions import RevokeSessions
from actions.mail_quarantine import Quarantine
from actions.network_block_ip import BlockIp
from actions.network_block_segment import BlockSegment
from actions.notify import Notify
from actions.ticket import Ticket

ACTIONS = (
    BlockIp,
    BlockSegment,
    Capture,
    ContainPorts,
    DisableAccount,
    Enrich,
    Isolate,
    Notify,
    Quarantine,
    RequireMfa,
    RevokeSessions,
    Sinkhole,
    Ticket,
)
"""What ships; an action is known by being named here."""
