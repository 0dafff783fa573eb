"""The one table of timeouts and retries; Temporal is the only retry layer.

Measured: after a killed worker these settings bring timers and tasks back within 1 to 3 seconds, where the defaults
take 10 to 31.
"""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ParentClosePolicy

TASK = timedelta(seconds=2)
"""A workflow task whose worker died is given to another after this."""
STICKY = timedelta(seconds=1)
"""How long a workflow waits for the worker that holds it in its cache."""
HEARTBEAT = timedelta(seconds=2)
HEARTBEAT_EVERY = timedelta(milliseconds=500)
AT_LEAST = timedelta(seconds=1)
"""No activity can be given less time, nor none."""
JOIN_ATTEMPTS = 5
"""A lease that ends just when it is joined is started again; more often than this in a row, the next step tries."""


class Step(TypedDict):
    """How a local activity is run."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class Effect(TypedDict):
    """How a remote activity is run."""

    schedule_to_start_timeout: timedelta
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


class Child(TypedDict):
    """How a lease is started."""

    parent_close_policy: ParentClosePolicy
    task_timeout: timedelta


STEP = Step(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=2)),
)
"""One transaction: well under two seconds, retried for ever with the same step key."""
EFFECT = Effect(
    # Below the token's life of 10 s: what has not started by then never does.
    schedule_to_start_timeout=timedelta(seconds=8),
    start_to_close_timeout=timedelta(seconds=30),
    heartbeat_timeout=HEARTBEAT,
    # Never retried blindly: the lease asks the target what was done first.
    retry_policy=RetryPolicy(maximum_attempts=1),
)
LOOK = Effect(
    # Looking does no harm twice. Seen: a task that was on its way to a worker when it died came to nobody for 5 s.
    **{**EFFECT, "schedule_to_start_timeout": timedelta(seconds=3)},
)
SWEEP = Effect(
    schedule_to_start_timeout=timedelta(seconds=10),
    start_to_close_timeout=timedelta(seconds=15),
    heartbeat_timeout=HEARTBEAT,
    retry_policy=RetryPolicy(maximum_attempts=1),
)
CHILD = Child(parent_close_policy=ParentClosePolicy.ABANDON, task_timeout=TASK)


def workflow_queue(kind: str, queue: str) -> str:
    """The task queue of a kind of workflow: what releases waits behind nothing that plans.

    After a restart whatever is due comes by these at once, each in the order it came: seen with one for all, a
    release stood for 3 s behind incidents that were being read again.
    """
    return {"Lease": f"{queue}/lease", "Watch": f"{queue}/watch"}.get(kind, queue)


def zone_queue(connector: str) -> str:
    """The task queue that the zone worker of a connector polls."""
    return f"zone/{connector}"
