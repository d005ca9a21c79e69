"""The demo's own supplier, Vinhos do Vale Escondido: four exports, recipients, profiles, and how each document ends.

Everything here was written for the demo. The parties are invented: mail addresses end in .example, which nobody can
own; phone numbers, VAT numbers, GLNs and the IBAN are only formed as real ones are (a validator looks at them), and
the demo sends to its sandbox alone.

    exports/        one file of each input: SAP IDoc, UBL, CSV, canonical JSON
    profiles/       the tenant's profile, its extraction profiles and its logo
    recipients.csv  the directory, as `entrega recipients import` takes it
    expected.yaml   the end of each document
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.profiles import Pinned
    from pipeline.settings import Settings

FOLDER = Path(__file__).parent
EXPORTS = tuple(sorted((FOLDER / "exports").glob("[0-9]*")))
RECIPIENTS = FOLDER / "recipients.csv"
TENANT = "demo"


@dataclass(frozen=True)
class End:
    """How a document ends: its state, the channel that reached the recipient, the reason of what was not delivered."""

    end: str
    channel: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Expected:
    """`expected.yaml`: the end by document number; the export of which a second copy is dropped."""

    documents: dict[str, End]
    dropped_twice: str


def expected() -> Expected:
    """How each document of the demo ends, as expected.yaml says."""
    import yaml

    raw = yaml.safe_load((FOLDER / "expected.yaml").read_text("utf-8"))
    return Expected({number: End(**end) for number, end in raw["documents"].items()}, raw["dropped_twice"])


def install_profile(settings: Settings) -> None:
    """Put the demo's profiles where the tenant `demo` has none. Who names another default tenant, or a folder of his
    own, is a supplier of his own: he would not want this one's name and logo."""
    folder = settings.profile_folder
    if settings.default_tenant != TENANT or settings.profiles is not None or (folder / f"{TENANT}.yaml").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # the profile last: when it is there, so is all that it names
    for source in sorted((FOLDER / "profiles").iterdir(), key=lambda file: file.name == f"{TENANT}.yaml"):
        target = folder / source.name
        if not target.exists():
            target.write_bytes(source.read_bytes())


def left_in(found: Pinned) -> list[str]:
    """What of this supplier still stands in a profile that should be another's, by the settings' names."""
    import yaml

    from schemas.profiles import load_profile
    from schemas.tenants import TenantProfile

    folder = FOLDER / "profiles"
    ours = TenantProfile.model_validate(yaml.safe_load((folder / f"{TENANT}.yaml").read_text("utf-8")))
    brand, own = found.profile.brand, ours.brand
    left = [f"brand.{name}" for name in ("name", "footer", "reply_to") if getattr(brand, name) == getattr(own, name)]
    if own.logo is not None and found.logo == (folder / own.logo).read_bytes():
        left.append("brand.logo")
    if set(found.profile.mailboxes.values()) & set(ours.mailboxes.values()):
        left.append("mailboxes")
    sellers = [load_profile((folder / name).read_text("utf-8")).constants["seller"] for name in ours.extraction]
    numbers = {seller["vat_identifier"] for seller in sellers}
    for each in found.extraction:
        if each.constants.get("seller", {}).get("vat_identifier") in numbers:
            left.append(f"seller of {each.name}")
    return left
