"""A stage whose script stands in its messages: it ends in every way a stage can end."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from connectors.storage import put
from connectors.storage.folder import FolderStorage
from schemas.errors import DocumentInvalid, Finding, SignerUnavailable
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, Extracted, Plan
from schemas.outcomes import Done, Fact

CRASHED = 137


def once(folder: Path, name: str) -> bool:
    """True the first time, over all processes and restarts."""
    try:
        os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _note(path: Path, word: str) -> None:
    with open(path, "a") as file:
        file.write(f"{word}\n")


def scripted(document: UUID, export: UUID, word: str, **more: object) -> Extracted:
    """A message that tells the stage what to do: done, retry, invalid, bug, unstorable, die, hang, large, crash."""
    source = ArtefactRef(
        kind=ArtefactKind.CANONICAL, key="none", sha256="0" * 64, size=0, media_type="application/json", name="none"
    )
    plan = Plan(
        party=UUID(int=1), party_rule="vat", renditions=(), language="en", brand="acme@1", profile="acme@1",
        template=word,
    )  # fmt: skip
    values: dict[str, object] = {
        "tenant": "acme", "export_id": export, "document_id": document, "canonical": source, "plan": plan,
    }  # fmt: skip
    return Extracted.model_validate({**values, **more})


@dataclass(frozen=True)
class Scripted:
    """`code` is the version that was deployed: it stands in every byte that is made."""

    storage: FolderStorage
    folder: Path
    code: str

    async def handle(self, message: Extracted) -> Done:
        document = message.document_id
        _note(self.folder / f"handled-{document}", self.code)
        match message.plan.template:
            case "retry" if once(self.folder, f"retried-{document}"):
                raise SignerUnavailable("the key holder does not answer", retry_after=0.1)
            case "invalid":
                raise DocumentInvalid("a rule fails", findings=(Finding(rule="BR-CO-15", message="totals differ"),))
            case "bug":
                raise ValueError("nobody thought of this")
            case "unstorable":
                return Done(message=message, facts=(Fact(EventType.CONVERTED, {"code": 0.5}),))
            case "die":
                os._exit(9)
            case "hang":
                time.sleep(3600)  # noqa: ASYNC251  that is what is tested
            case "crash" if once(self.folder, "crashed"):
                os._exit(CRASHED)
        made = put(
            self.storage, message.tenant, document, ArtefactKind.E_FORMAT, f"{document} by {self.code}".encode(),
            media_type="text/plain", name="made.txt",
        )  # fmt: skip
        template = "x" * 5000 if message.plan.template == "large" else f"made by {self.code}"
        out = message.model_copy(
            update={"canonical": made, "plan": message.plan.model_copy(update={"template": template})}
        )
        fact = Fact(EventType.CONVERTED, {"code": self.code}, personal={"name": "Ana Costa"})
        return Done(message=out, facts=(fact,), artefacts=(made,))
