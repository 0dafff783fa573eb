"""Composition root of the workers: which definitions and activities run where."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.metadata import version

from temporalio.client import Client
from temporalio.worker import Worker

from workflows import timeouts
from workflows.activities.control import ControlActivities
from workflows.activities.zone import ZoneActivities
from workflows.lease import Lease
from workflows.respond import Respond
from workflows.watch import Watch

WORKFLOWS: Sequence[type] = (Respond, Lease, Watch)
Activities = Sequence[Callable[..., object]]
TASKS = 8
"""Workflow tasks worked on at the same time: they share one interpreter, and more of them only wait for each other."""
GRACE = timedelta(seconds=2)
BUILD = f"fireline-{version('fireline')}"
"""Named here, for the SDK would otherwise hash the code of every module there is: up to three seconds at each start."""


def control_workers(client: Client, activities: ControlActivities, queue: str) -> Sequence[Worker]:
    """Run the workflows and their transactions: have the database, and no credentials of any target.

    The watches come first, then the leases, then the incidents: after an outage none waits for those behind it.
    """
    watched: Activities = (activities.compare_sweep, activities.drain_overdue)
    planned: Activities = (activities.advance_incident, activities.advance_lease)
    return (
        _control_worker(client, timeouts.workflow_queue("Watch", queue), [Watch], watched),
        _control_worker(client, timeouts.workflow_queue("Lease", queue), [Lease], (activities.advance_lease,)),
        # A lease stays on the queue on which it began: those of older versions share that of the incidents.
        _control_worker(client, queue, [Respond, Lease], planned),
    )


def _control_worker(client: Client, queue: str, workflows: Sequence[type], activities: Activities) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        no_remote_activities=True,
        max_concurrent_workflow_tasks=TASKS,
        # After a restart everything comes by the queue that all workers share, and a single poller would be its neck.
        nonsticky_to_sticky_poll_ratio=0.5,
        sticky_queue_schedule_to_start_timeout=timeouts.STICKY,
        max_concurrent_local_activities=100,
        graceful_shutdown_timeout=GRACE,
        build_id=BUILD,
    )


def zone_worker(client: Client, connector: str, activities: ZoneActivities) -> Worker:
    """Touches the world through one connector: has its credentials, and no database."""
    return Worker(
        client,
        task_queue=timeouts.zone_queue(connector),
        activities=[
            activities.apply,
            activities.inspect,
            activities.release,
            activities.release_many,
            activities.probe,
            activities.sweep,
            activities.remove,
        ],
        max_concurrent_activities=50,
        max_heartbeat_throttle_interval=timeouts.HEARTBEAT_EVERY,
        default_heartbeat_throttle_interval=timeouts.HEARTBEAT_EVERY,
        graceful_shutdown_timeout=GRACE,
        build_id=BUILD,
    )
