"""The verdict, from outside: the manifest of what was dropped against the providers' own log of what they accepted.

What happened inside is asked only for an explanation: a second message is allowed where, and only where, an event says
that the outcome of the first was not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos.documents import Expected
from chaos.system import System

ENDS = {"delivered", "accepted", "captured", "printed", "refused", "duplicate", "undeliverable", "parked"}
ONCE = {"received", "extracted", "planned", "converted", "signed", "rendered", "resolved"}
"""Words of a document's stream that stand there once, whatever was killed."""


@dataclass
class Verdict:
    """Every list is empty in a good run, but for `explained`."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    not_ended: list[str] = field(default_factory=list)
    wrong_end: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    not_whole: list[str] = field(default_factory=list)
    emails: int = 0
    texts: int = 0
    unknown: int = 0

    @property
    def faults(self) -> dict[str, list[str]]:
        names = "lost twice not_ended wrong_end strangers repeated missing not_whole".split()
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def judge(system: System, expected: Sequence[Expected], accepted: Sequence[dict[str, Any]]) -> Verdict:
    verdict = Verdict()
    _messages(verdict, system, expected, accepted)
    _ends(verdict, system, expected)
    _history(verdict, system, expected)
    return verdict


def _messages(
    verdict: Verdict, system: System, expected: Sequence[Expected], accepted: Sequence[dict[str, Any]]
) -> None:
    counts = Counter((entry["provider"], entry["to"]) for entry in accepted)
    verdict.emails = sum(count for (provider, _), count in counts.items() if provider == "sendgrid")
    verdict.texts = sum(count for (provider, _), count in counts.items() if provider == "twilio")
    known = {("sendgrid", each.email) for each in expected} | {("twilio", each.phone) for each in expected}
    verdict.strangers = [f"{provider} {to}" for provider, to in counts if (provider, to) not in known]
    unknown: Counter[str] = Counter()
    streams: set[str] = set()
    for row in system.cli("events", "--type", "outcome-unknown", "--type", "resent", "--limit", "0"):
        unknown[str(row["data"]["attempt"])] += 1
        verdict.unknown += row["type"] == "outcome-unknown"
        streams.add(row["stream"])
    doubtful = {row["number"] for row in _documents(system) if f"document:{row['document_id']}" in streams}
    attempts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in accepted:
        attempts[entry["provider"], entry["to"]].add(str(entry["attempt"]))
        if entry["provider"] == "sendgrid" and entry["subject"] is not None:
            number = next((each.number for each in expected if each.email == entry["to"]), "")
            if number not in entry["subject"]:
                verdict.strangers.append(f"{entry['to']} got {entry['subject']}")
    for key, count in counts.items():
        if count > 1:
            why = any(unknown[attempt] for attempt in attempts[key])
            (verdict.explained if why else verdict.twice).append(f"{key[0]} {key[1]}: {count}")
    for each in expected:
        email, text = counts["sendgrid", each.email], counts["twilio", each.phone]
        in_doubt = each.number in doubtful and text  # what became of the e-mail was unknown twice: a text message went
        if not email and not in_doubt:
            verdict.lost.append(f"{each.number}: no e-mail")
        if each.bounces and not text:
            verdict.lost.append(f"{each.number}: bounced, and no text message")
        if not each.bounces and text:
            kind = verdict.explained if in_doubt else verdict.strangers
            kind.append(f"{each.number}: {email} e-mail and {text} text message, though the address takes mail")


def _ends(verdict: Verdict, system: System, expected: Sequence[Expected]) -> None:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _documents(system):
        rows[row["number"]].append(row)
    for each in expected:
        states = sorted(row["state"] for row in rows.get(each.number, []))
        if states != ["delivered"]:
            kind = verdict.wrong_end if states and set(states) <= ENDS else verdict.not_ended
            kind.append(f"{each.number}: {', '.join(states) or 'never registered'}")


def _documents(system: System) -> list[dict[str, Any]]:
    return system.cli("documents", "--limit", "100000")


def _history(verdict: Verdict, system: System, expected: Sequence[Expected]) -> None:
    (proof,) = system.cli("verify")
    if not proof["ok"]:
        verdict.not_whole = [str(fault) for fault in proof["faults"]]
    words: Counter[tuple[str, str]] = Counter()
    accepted: Counter[tuple[str, str]] = Counter()
    streams: set[str] = set()
    for row in system.cli("events", "--limit", "0"):
        words[row["stream"], row["type"]] += 1
        if row["stream"].startswith("document:"):
            streams.add(row["stream"])
        if row["type"] == "accepted":
            accepted[row["stream"], str(row["data"]["attempt"])] += 1
    verdict.repeated += [f"{stream}: {count} x {word}" for (stream, word), count in words.items()
                         if count > 1 and stream.startswith("document:") and word in ONCE]  # fmt: skip
    verdict.missing += [
        f"{stream}: no {word}"
        for stream in streams
        for word in ("extracted", "converted", "signed", "rendered", "resolved")
        if not words[stream, word]
    ]
    outcomes = system.ask(
        """SELECT o.stage, count(*), count(DISTINCT o.subject_id) FROM outcome o JOIN document d
               ON d.document_id = o.subject_id GROUP BY o.stage"""
    )
    verdict.repeated += [f"{stage}: {rows} outcomes of {n} documents" for stage, rows, n in outcomes if rows != n]
    verdict.missing += [f"{stage}: {n} outcomes" for stage, _, n in outcomes if n != len(expected)]
    if len(outcomes) != 6:
        verdict.missing.append(f"outcomes of {len(outcomes)} stages, not 6")
