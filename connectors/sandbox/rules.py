"""What the sandbox does with a message: rules set by a test or a demo, then addresses that say it themselves.

The first rule that fits decides alone. Draws depend on the seed, the rule, the recipient and how often it was written
to, not on the order in which requests happen to come: the same run is the same run again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["smtp", "sendgrid", "twilio"]


class Take(StrEnum):
    """What happens when a message is handed over."""

    ACCEPT = "accept"
    REFUSE = "refuse"  # for ever: 550, 400
    THROTTLE = "throttle"  # 450 4.7.1, 429
    UNAVAILABLE = "unavailable"  # 421 and the connection closed, 503 with Retry-After: not taken
    FAIL = "fail"  # 451 after the body, 500: not taken
    FAIL_AFTER = "fail-after"  # taken, and 500 answered (SMTP: the connection closed)
    DROP = "drop"  # the connection closed after the body: not taken
    DROP_AFTER = "drop-after"  # the same: taken


class Then(StrEnum):
    """What becomes of a message that was taken, and is reported."""

    DELIVER = "deliver"
    BOUNCE = "bounce"  # some seconds later: a hard bounce, undelivered
    LATE_BOUNCE = "late-bounce"  # reported as delivered, and then bounced
    BLOCK = "block"  # a soft bounce
    DROP = "drop"  # the provider's own suppression list; Twilio: failed
    DEFER = "defer"  # deferred, then delivered
    COMPLAIN = "complain"  # delivered, then called spam; Twilio: delivered
    NOTHING = "nothing"  # never heard of again


class Rule(BaseModel):
    """Which messages (`provider`, `to` with * and ?, `first`, `every`, `probability`), and what is done with them.

    `first` and `every` count the messages to one recipient, from 1. `wait`: seconds before the answer; `after`: seconds
    from the answer to the last report (default: the sandbox's own). `code` and `status`: the provider's error code and
    the RFC 3463 status to say. Each report is sent `repeat` times, in another order if `shuffle`, and lost with
    probability `lose`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider | None = None
    to: str = "*"
    first: int | None = Field(None, ge=1)
    every: int | None = Field(None, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    take: Take = Take.ACCEPT
    then: Then = Then.DELIVER
    code: int | None = None
    status: str | None = Field(None, pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")
    wait: float = Field(0.0, ge=0, le=300)
    after: float | None = Field(None, ge=0, le=86_400)
    repeat: int = Field(1, ge=1, le=100)
    shuffle: bool = False
    lose: float = Field(0.0, ge=0, le=1)


_SAYS: dict[str, Rule] = {
    "refuse": Rule(take=Take.REFUSE),
    "throttle": Rule(take=Take.THROTTLE, first=2),
    "unavailable": Rule(take=Take.UNAVAILABLE, first=2),
    "fail": Rule(take=Take.FAIL, first=1),
    "fail-after": Rule(take=Take.FAIL_AFTER, first=1),
    "drop": Rule(take=Take.DROP, first=1),
    "drop-after": Rule(take=Take.DROP_AFTER, first=1),
    "slow": Rule(wait=2.0),
    "bounce-later": Rule(then=Then.BOUNCE),
    "late-bounce": Rule(then=Then.LATE_BOUNCE),
    "mailbox-full": Rule(then=Then.BOUNCE, status="5.2.2"),
    "block": Rule(then=Then.BLOCK),
    "suppressed": Rule(then=Then.DROP),
    "defer": Rule(then=Then.DEFER),
    "complain": Rule(then=Then.COMPLAIN),
    "silent": Rule(then=Then.NOTHING),
    "repeat": Rule(repeat=5),
    "reorder": Rule(shuffle=True, repeat=2),
    "lose": Rule(lose=1.0),
}
"""By the local part of an e-mail address, up to a plus: `bounce-later+47@example.com`."""

_NUMBERS: dict[str, Rule] = {
    # Twilio's own magic numbers: https://www.twilio.com/docs/iam/test-credentials
    "+15005550001": Rule(take=Take.REFUSE, code=21211),
    "+15005550002": Rule(take=Take.REFUSE, code=21612),
    "+15005550003": Rule(take=Take.REFUSE, code=21408),
    "+15005550004": Rule(take=Take.REFUSE, code=21610),
    "+15005550009": Rule(take=Take.REFUSE, code=21614),
    # ours, in the same range
    "+15005550011": Rule(take=Take.THROTTLE, first=2),
    "+15005550012": Rule(take=Take.UNAVAILABLE, first=2),
    "+15005550013": Rule(take=Take.FAIL, first=1),
    "+15005550014": Rule(take=Take.FAIL_AFTER, first=1),
    "+15005550015": Rule(take=Take.DROP, first=1),
    "+15005550016": Rule(take=Take.DROP_AFTER, first=1),
    "+15005550021": Rule(then=Then.BOUNCE, code=30005),
    "+15005550022": Rule(then=Then.BOUNCE, code=30006),
    "+15005550023": Rule(then=Then.BOUNCE, code=30003),
    "+15005550024": Rule(then=Then.DROP, code=30034),
    "+15005550025": Rule(then=Then.NOTHING),
    "+15005550026": Rule(repeat=5),
    "+15005550027": Rule(shuffle=True, repeat=2),
}

_DEFAULT = Rule()


class Rules:
    """The rules in force, and how often each recipient was written to."""

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.seed = seed
        self._seen: Counter[tuple[str, str]] = Counter()

    def decide(self, provider: Provider, to: str) -> tuple[Rule, random.Random]:
        """The rule for the next message to a recipient, and the source of its draws."""
        recipient = to.lower()
        self._seen[provider, recipient] += 1
        count = self._seen[provider, recipient]
        for index, rule in enumerate((*self.rules, *_said_by(recipient))):
            draws = random.Random(f"{self.seed}|{index}|{provider}|{recipient}|{count}")  # noqa: S311 - repeatable on purpose
            if (
                rule.provider in (None, provider)
                and fnmatchcase(recipient, rule.to.lower())
                and (rule.first is None or count <= rule.first)
                and (rule.every is None or count % rule.every == 0)
                and draws.random() < rule.probability
            ):
                return rule, draws
        return _DEFAULT, random.Random(f"{self.seed}|{provider}|{recipient}|{count}")  # noqa: S311 - the same


def _said_by(recipient: str) -> tuple[Rule, ...]:
    local, at, _ = recipient.rpartition("@")
    found = _SAYS.get(local.partition("+")[0]) if at else _NUMBERS.get(recipient)
    return () if found is None else (found,)
