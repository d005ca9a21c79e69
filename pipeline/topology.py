"""The stages and their topics, as data: which stage reads what and writes what.

The picture in README.md is made from this table, and a test holds both together.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas import messages

EXPORT_RECEIVED = "entrega.export.received"
REPORT_RECEIVED = "entrega.report.received"


@dataclass(frozen=True)
class StageSpec:
    """One stage: its name, which is its consumer group too, and its place in the chain."""

    name: str
    source: str
    target: str | None
    takes: type[messages.Frozen]
    cpu: bool

    @property
    def group(self) -> str:
        return f"entrega.{self.name}"


STAGES: tuple[StageSpec, ...] = (
    StageSpec("extraction", EXPORT_RECEIVED, "entrega.document.extracted", messages.ExportReceived, cpu=True),
    StageSpec("conversion", "entrega.document.extracted", "entrega.document.converted", messages.Extracted, cpu=True),
    StageSpec("signing", "entrega.document.converted", "entrega.document.signed", messages.Converted, cpu=True),
    StageSpec("rendering", "entrega.document.signed", "entrega.document.rendered", messages.Signed, cpu=True),
    StageSpec("resolution", "entrega.document.rendered", "entrega.document.resolved", messages.Rendered, cpu=False),
    StageSpec("delivery", "entrega.document.resolved", None, messages.Resolved, cpu=False),
    StageSpec("acknowledgement", REPORT_RECEIVED, None, messages.ReportReceived, cpu=False),
)
BY_NAME = {stage.name: stage for stage in STAGES}
ROLES = ("dispatcher", "relay", "sealer", "sweeper")
"""Work that is no stage: `entrega worker` takes these names too. All but the dispatcher are singletons."""

TOPICS: tuple[str, ...] = tuple(
    dict.fromkeys([stage.source for stage in STAGES] + [stage.target for stage in STAGES if stage.target])
)


def picture() -> str:
    """The chain as text, for README.md; a test holds both together."""
    width = max(len(stage.name) for stage in STAGES)
    rows = []
    for stage in STAGES:
        target = stage.target or (
            "provider calls, by the dispatcher" if stage.name == "delivery" else "state of deliveries"
        )
        rows.append(f"    {stage.source:<28} -> {stage.name:<{width}} -> {target}")
    return "\n".join(rows)
