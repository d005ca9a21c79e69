"""One document's story as steps: when, how long after the step before, what happened in plain words, what to do.

Pure: events and attempts in, steps out. Consecutive fetches of a link are one step with a count, for mail scanners
come in swarms; nothing else is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline import plain
from pipeline.advising import advice
from pipeline.store.history import EventRow
from schemas.events import MEANING, EventType

_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")
_PHONE = re.compile(r"(?<!\w)(\+\d{2})\d{3,}(\d{3})(?!\d)")
_BAD = {"bounced", "attempt-refused", "undeliverable", "refused", "complained", "expired"}
_WARN = {"parked", "deferred", "outcome-unknown", "retry-scheduled", "suppressed", "cancelled", "link-revoked",
         "compose-failed"}  # fmt: skip
_GOOD = {"delivered", "handed-over", "captured"}
_QUIET = {"link-fetched", "requested", "calling", "link-issued", "planned"}


@dataclass(frozen=True)
class Step:
    """One line of the story. `gap`: the time since the step before, in words; empty where it is under a second."""

    at: datetime
    gap: str
    long: bool
    tone: str
    title: str
    by: str
    says: str = ""
    do: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    count: int = 1
    type: str = field(default="", compare=False)


def steps(rows: Sequence[EventRow], ordinals: dict[str, int], format_: str | None = None) -> list[Step]:
    """`ordinals`: attempt id -> its number, from 1, over all channels. `format_`: the export's."""
    found: list[Step] = []
    before: datetime | None = None
    for row in rows:
        step = _step(row, ordinals, before, format_)
        last = found[-1] if found else None
        if last and last.type == row.type == EventType.LINK_FETCHED and last.title == step.title:
            found[-1] = Step(
                **{**last.__dict__, "count": last.count + 1, "facts": step.facts if last.count == 1 else last.facts}
            )
        else:
            found.append(step)
        before = row.recorded_at
    return found


def _step(row: EventRow, ordinals: dict[str, int], before: datetime | None, format_: str | None) -> Step:
    data, personal = row.data, row.personal or {}
    number = ordinals.get(str(data.get("attempt")))
    passed = row.recorded_at - before if before else timedelta(0)
    says, do = _says(row.type, data, format_)
    return Step(
        at=row.recorded_at,
        gap=elapsed(passed) if passed >= timedelta(seconds=1) else "",
        long=passed >= timedelta(hours=1),
        tone=_tone(row.type),
        title=_title(row.type, data),
        by=plain.actor(row.actor),
        says=says,
        do=do,
        facts=tuple(_facts(row.type, data, personal, number)),
        findings=(*personal.get("findings", ()), *personal.get("warnings", ())),
        type=row.type,
    )


def _tone(type_: str) -> str:
    for tone, types in (("bad", _BAD), ("warn", _WARN), ("good", _GOOD), ("quiet", _QUIET)):
        if type_ in types:
            return tone
    return "done"


def _says(type_: str, data: dict[str, Any], format_: str | None) -> tuple[str, str]:
    if type_ in ("parked", "refused", "retry-scheduled", "compose-failed") and data.get("explanation"):
        return plain.sentence(str(data["explanation"])), advice(data.get("reason"), data.get("rules") or (), format_)
    if type_ in _BAD | _WARN and (word := data.get("reason") or data.get("why")):
        return plain.reason(str(word))
    if type_ == EventType.FALLBACK_STARTED:
        return plain.reason(str(data.get("because")))[0], ""
    if type_ in (EventType.OUTCOME_UNKNOWN, EventType.RESENT):
        return MEANING[EventType(type_)], ""
    return "", ""


def _title(type_: str, data: dict[str, Any]) -> str:
    channel = plain.CHANNELS.get(str(data.get("channel")), str(data.get("channel") or "message"))
    provider, stage = str(data.get("provider") or "the provider"), str(data.get("stage") or "")
    bounce = {"hard": " for good", "soft": " for now"}.get(str(data.get("bounce")), "")
    machine = data.get("guess") == "scanner"
    titles: dict[str, str] = {
        "received": "Export received",
        "extracted": "Read from the export",
        "duplicate": "Recognised as a duplicate",
        "refused": f"Refused at {stage}",
        "planned": "Recipient recognised, work planned",
        "superseded": "Superseded: a later export of its number took its place",
        "converted": "E-format written and checked",
        "signed": "Signed",
        "signing-skipped": "Not signed: the plan asks for none",
        "rendered": "PDF made",
        "resolved": "Contact and channels chosen",
        "parked": f"Stopped at {stage}: needs a person",
        "replayed": "Put back by a person",
        "discarded": "Closed by a person",
        "resend-requested": "Sent again: a person asked for it",
        "retry-scheduled": f"{stage.capitalize()} failed; tried again later",
        "undeliverable": "Undeliverable: every channel is exhausted",
        "requested": f"{channel} composed",
        "compose-failed": f"{channel} could not be composed",
        "calling": f"{channel} given to {provider}",
        "captured": f"{channel} kept in the outbox; nothing left the house",
        "accepted": f"{channel} taken by {provider}",
        "attempt-refused": f"{channel} not taken by {provider}",
        "delivered": f"{channel} delivered",
        "deferred": f"{channel} deferred by the receiving server",
        "bounced": f"{channel} bounced{bounce}",
        "complained": f"{channel} marked as unwanted by the recipient",
        "expired": f"{channel}: the time for a report is over",
        "outcome-unknown": f"{channel}: nobody knows whether it was taken",
        "resent": f"{channel} given to the provider again; a duplicate is possible",
        "cancelled": f"{channel} not sent",
        "fallback-started": f"{channel} takes over",
        "suppressed": "Address will not be used again",
        "suppression-lifted": "Address may be used again",
        "link-issued": "Link issued",
        "link-revoked": "Link withdrawn",
        "link-fetched": "Link opened by a machine" if machine else "Link opened, by a person or a machine",
        "document-viewed": "Document viewed by the recipient",
        "document-downloaded": "File downloaded by the recipient",
        "handed-over": "Receipt confirmed by the recipient",
    }
    return titles.get(type_, type_.replace("-", " ").capitalize())


_FACTS: tuple[tuple[str, str], ...] = (
    ("address", "place"), ("party_rule", "recognised by"), ("language", "language"), ("format", "format"),
    ("rule_set", "rules"), ("warnings", "warnings"), ("not_carried", "not carried"),
    ("moved_to_note", "moved to a note"), ("altered", "altered"), ("level", "level"), ("certificate", "certificate"),
    ("signature", "PDF signature"), ("status", "status"), ("code", "code"), ("told_by", "told by"),
    ("matched_by", "matched by"),
    ("round", "round"), ("at", "next try"), ("try", "try"), ("due_at", "planned for"), ("what", "what"),
    ("why", "why"), ("of", "same as"), ("by", "by"), ("tried", "tried"), ("expires_at", "opens until"),
    ("revision", "revision"),
)  # fmt: skip
_DROPPED = {("link-fetched", "why"), ("rendered", "format"), ("refused", "round"), ("parked", "round")}


def _facts(type_: str, data: dict[str, Any], personal: dict[str, Any], number: int | None) -> list[tuple[str, str]]:
    facts = [("attempt", str(number))] if number else []
    for key, label in _FACTS:
        value = data.get(key)
        if value in (None, "", [], {}, "none") or (type_, key) in _DROPPED:
            continue
        facts.append((label, _counted(value) if key == "warnings" else _text(key, value)))
    if data.get("demonstration"):
        facts.append(("certificate is", "a demonstration one: no legal effect"))
    for contact in data.get("contacts") or ():
        channels = ", then ".join(plain.CHANNELS.get(each, each) for each in contact.get("channels", ()))
        facts += [("channels", channels), ("decided by", str(contact.get("rule")))]
    for skipped in data.get("skipped") or ():
        facts.append(("skipped", f"{plain.CHANNELS.get(skipped['channel'], skipped['channel'])}: {skipped['why']}"))
    for key, label in (
        ("to", "to"),
        ("recipient", "recipient"),
        ("diagnostic", "provider's words"),
        ("words", "words"),
    ):
        if personal.get(key):
            facts.append((label, masked(str(personal[key]))))
    return facts


def _counted(rules: Sequence[str]) -> str:
    """Each rule once, with how often it stands there.

    >>> _counted(["x12-kept", "x12-kept", "BR-CL-01"])
    'x12-kept (2 times), BR-CL-01'
    """
    return ", ".join(f"{rule} ({many} times)" if many > 1 else rule for rule, many in Counter(rules).items())


def _text(key: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if key in ("at", "due_at", "expires_at"):
        try:
            return moment(datetime.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    return str(value)


def moment(at: datetime) -> str:
    """A time as the operator's pages print it: UTC, to the second."""
    from datetime import UTC

    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def masked(text: str) -> str:
    """Addresses and numbers cut to what still tells one from another.

    >>> masked("550 <joao.silva@example.com>: no such user; +351912345678")
    '550 <j…@example.com>: no such user; +35…678'
    """
    return _PHONE.sub(r"\1…\2", _ADDRESS.sub(r"\1…@\2", text))


def elapsed(passed: timedelta) -> str:
    """How long, in at most two units.

    >>> [elapsed(timedelta(seconds=s)) for s in (0.3, 7, 94, 3600, 183900)]
    ['0.3 s', '7 s', '1 min 34 s', '1 h', '2 d 3 h']
    """
    seconds = passed.total_seconds()
    if seconds < 1:
        return f"{seconds:.1f} s"
    parts = []
    rest = round(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
