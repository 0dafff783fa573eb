"""The `leases` section of a policy: how ends are spread, and when an effect in force is decided again."""

from typing import Annotated

from pydantic import Field

from engine.model.base import Model


class LeaseTerms(Model):
    """Against an attacker who waits for the end: `spread` moves ends by up to that share of their length.

    `decide_again` is the share of its time after which an effect on an open incident is decided again, and kept in
    force within its ceiling where the answer is the same. Without it everything ends as it was decided.
    """

    spread: Annotated[float, Field(ge=0.0, le=0.25, allow_inf_nan=False)] = 0.0
    decide_again: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] | None = None
