"""One-time codes by the clock (TOTP, RFC 6238): whether one is right, and may be used now; pure.

Rules: 1. Six digits of SHA-1 over steps of thirty seconds, as every authenticator has them; the codes of the step
before and of the next one are right too. 2. All three are compared, in constant time. 3. A step's code is used once,
and none of a step before it. 4. After five wrong codes in ten minutes none is looked at, until fewer were that lately.
"""

import hmac
from datetime import datetime, timedelta

from pyotp import TOTP, random_base32

from engine.errors import InvalidInput
from engine.model.step_up import Codes

STEP_S = 30
AROUND = (-1, 0, 1)
WRONG_AT_MOST, WITHIN = 5, timedelta(minutes=10)
ISSUER = "Fireline"
USED = "this code was used already: wait for the next one"
WRONG = "the code is wrong"


def new_secret() -> str:
    """A secret of 160 random bits, in the base32 that authenticators take."""
    return random_base32()


def setup_uri(secret: str, account: str) -> str:
    """What an authenticator takes a secret from; whoever reads it has the secret."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def require_secret(secret: str) -> TOTP:
    """What makes the codes of a secret; raise `InvalidInput`, which does not repeat it, where it is none."""
    try:
        return TOTP(secret)
    except ValueError:
        raise InvalidInput("it is no base32 of 112 bits or more") from None


def use_code(secret: str, code: str, known: Codes, now: datetime) -> tuple[Codes, str | None]:
    """What is known of somebody's codes after this one, and why it is not taken; raise `InvalidInput` for no secret."""
    wrong = tuple(at for at in known.wrong if at > now - WITHIN)
    known = known.model_copy(update={"wrong": wrong})
    if len(wrong) >= WRONG_AT_MOST:
        until = (wrong[-WRONG_AT_MOST] + WITHIN).isoformat(timespec="seconds")
        return known, f"{WRONG_AT_MOST} wrong codes were given: none is taken before {until}"
    right = _steps(secret, code, now)
    if not right:
        return known.model_copy(update={"wrong": (*wrong, now)}), WRONG
    unused = [step for step in right if step > known.last_step]
    if not unused:
        return known, USED
    return known.model_copy(update={"last_step": unused[0]}), None


def _steps(secret: str, code: str, now: datetime) -> list[int]:
    """The steps whose code this is, the earliest first (rules 1 and 2)."""
    totp = require_secret(secret)
    typed, here = "".join(code.split()).encode(), int(now.timestamp()) // STEP_S
    answers = [(here + by, hmac.compare_digest(totp.generate_otp(here + by).encode(), typed)) for by in AROUND]
    return [step for step, right in answers if right]
