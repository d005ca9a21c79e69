"""The supplier's look: name, logo, colours, footer; and what of it may be printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from PIL.Image import Image

LOGO_BYTES = 1_000_000
LOGO_PIXELS = 4000
_PRINTED_PIXELS = (720, 240)
"""What 173 by 58 points need at 300 dpi; more pixels only make every PDF larger."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Brand:
    """`logo` is a PNG or JPEG file, at most 1 MB and 4000 pixels a side; without one, the initials are drawn.

    `colour` and `accent` are `#rrggbb` of sRGB; `footer` is plain text under every page (seller's legal line).
    `demo_signature` prints, in the recipient's language, that the certificate is a demonstration one.

    Raises ConfigurationError for colours that are none and a logo that is too large; `logo_image` for one that
    cannot be read.
    """

    name: str
    logo: bytes | None = None
    colour: str = "#1f4e79"
    accent: str | None = None
    footer: str | None = None
    demo_signature: bool = False

    def __post_init__(self) -> None:
        for setting, value in (("colour", self.colour), ("accent", self.accent)):
            if value is not None and not _COLOUR.fullmatch(value):
                raise ConfigurationError(f"brand.{setting}: not a colour of the form #rrggbb")
        if not self.name.strip():
            raise ConfigurationError("brand.name: empty")
        if self.logo is not None and len(self.logo) > LOGO_BYTES:
            raise ConfigurationError(f"brand.logo: {len(self.logo)} bytes, at most {LOGO_BYTES} are taken")

    @property
    def initials(self) -> str:
        """Two letters at most: of the first two words, or the first letter of the only one."""
        words = [word for word in re.split(r"[\s\-–&.,/]+", self.name) if word[:1].isalnum()]
        # "Vinhos do Sul" is VS: small words in between do not count.
        words = [word for word in words if not word[0].islower()] or words
        return "".join(word[0] for word in words[:2]).upper() or self.name.strip()[0].upper()


@lru_cache(maxsize=32)
def logo_image(logo: bytes) -> Image:
    """The logo as printed: RGB, alpha laid on white, at most 720 by 240 pixels.

    Transparency is allowed in PDF/A-3 but nothing is gained by it on white paper.

    Raises ConfigurationError where it is no PNG or JPEG, damaged, or more than 4000 pixels a side.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(logo), formats=("PNG", "JPEG")) as picture:
            # The header tells the size: a bomb is refused before a pixel of it is unpacked.
            if max(picture.size) > LOGO_PIXELS:
                wide, high = picture.size
                raise ConfigurationError(f"brand.logo: {wide} by {high} pixels, at most {LOGO_PIXELS} a side")
            picture.thumbnail(_PRINTED_PIXELS)
            if picture.mode == "P" or "A" in picture.mode or "transparency" in picture.info:
                layered = picture.convert("RGBA")
                flat = Image.new("RGB", layered.size, "white")
                flat.paste(layered, mask=layered.getchannel("A"))
                return flat
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ConfigurationError(f"brand.logo: not a readable PNG or JPEG ({type(error).__name__})") from error


@lru_cache(maxsize=32)
def packed_logo(logo: bytes) -> tuple[int, int, bytes]:
    """Width and height in pixels, and the RGB samples as zlib packs them: once for a brand, not for each document."""
    import zlib

    picture = logo_image(logo)
    return (*picture.size, zlib.compress(picture.tobytes(), 9))


def channels(colour: str) -> tuple[float, float, float]:
    """`#rrggbb` as three numbers of 0 to 1."""
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def mixed(colour: str, with_colour: str, share: float) -> str:
    """`share` (0 to 1) of `colour`, the rest of the other."""
    pairs = zip(channels(colour), channels(with_colour), strict=True)
    return "#" + "".join(f"{round((a * share + b * (1 - share)) * 255):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=256)
def legible(colour: str) -> str:
    """The colour, darkened until text of it on white paper has a contrast of 4.5 (WCAG 2.2 AA)."""
    share = 1.0
    while contrast(mixed(colour, "#000000", share), "#ffffff") < 4.5:
        share -= 0.05
    return mixed(colour, "#000000", share)
