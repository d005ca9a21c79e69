"""Logos and colours: what is taken, what is refused, and that no page is unreadable for them."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader
from render_documents import invoice, pages, pdf

from schemas.errors import ConfigurationError
from stages.rendering.brand import Brand, contrast, legible, logo_image


def logo(mode: str, size: tuple[int, int] = (300, 100), kind: str = "PNG", colour: object = None) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(logo("RGB"), id="RGB"),
        pytest.param(logo("RGBA", colour=(200, 0, 0, 128)), id="alpha"),
        pytest.param(logo("LA", colour=(10, 90)), id="grey with alpha"),
        pytest.param(logo("P"), id="palette"),
        pytest.param(logo("1"), id="bilevel"),
        pytest.param(logo("I;16"), id="16 bit"),
        pytest.param(logo("CMYK", kind="JPEG"), id="CMYK JPEG"),
        pytest.param(logo("L", kind="JPEG"), id="grey JPEG"),
        pytest.param(logo("RGB", (4000, 1)), id="a line"),
        pytest.param(logo("RGB", (1, 4000)), id="a column"),
    ],
)
def test_logos_are_drawn_flat(file: bytes) -> None:
    """Each kind of logo comes out as one RGB image without transparency, in place of the initials."""
    content = pdf(invoice(1), brand=Brand("Vinhos do Sul", logo=file))
    (image,) = [each.get_object() for each in PdfReader(BytesIO(content)).pages[0]["/Resources"]["/XObject"].values()]  # type: ignore[index]
    assert image["/ColorSpace"] == "/DeviceRGB"
    assert "/SMask" not in image
    assert "/Mask" not in image
    assert image["/Width"] <= 720
    assert image["/Height"] <= 240
    assert "VS" not in pages(content)[0]


def test_alpha_is_laid_on_white() -> None:
    """Half-transparent red becomes pale red, wholly transparent black becomes white."""
    assert logo_image(logo("RGBA", colour=(255, 0, 0, 128))).getpixel((0, 0)) == (255, 127, 127)
    assert logo_image(logo("RGBA", colour=(0, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "not a readable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a readable"),
        (logo("P", kind="GIF"), "not a readable"),
        (logo("RGB")[:60], "not a readable"),
        (logo("1", (4001, 1)), "4001 by 1 pixels"),
    ],
)
def test_bad_logos_are_refused(file: bytes, words: str) -> None:
    """What is no PNG or JPEG, is cut off or too large, is refused by the setting's name."""
    with pytest.raises(ConfigurationError, match=rf"^brand\.logo: .*{words}"):
        logo_image(file)


def test_random_bytes_are_no_logo() -> None:
    """Bytes after a good signature that are no picture are refused, not crashed on."""
    chance = random.Random(7)  # noqa: S311
    for head in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"):
        for _ in range(50):
            with pytest.raises(ConfigurationError):
                logo_image(head + chance.randbytes(200))


def test_a_large_file_is_refused_unread() -> None:
    """A logo of more than a megabyte is refused before it is unpacked."""
    with pytest.raises(ConfigurationError, match="1000001 bytes"):
        Brand("Vinhos", logo=bytes(1_000_001))


@pytest.mark.parametrize("settings", [{"colour": "red"}, {"colour": "#12345"}, {"accent": "#12345g"}, {"name": " "}])
def test_bad_settings_are_named(settings: dict[str, str]) -> None:
    """A colour that is none and an empty name stop with the setting's name."""
    with pytest.raises(ConfigurationError, match=f"brand.{next(iter(settings))}"):
        Brand(**{"name": "Vinhos", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Vinhos do Sul", "VS"),
        ("Northwind", "N"),
        ("żółta łódź", "ŻŁ"),
        ("A-B Comércio", "AB"),
        ("& Co", "C"),
        ("3M", "3"),
        ("!!", "!"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    """Without a logo two initials stand for it."""
    assert Brand(name).initials == initials
    assert initials in pages(pdf(invoice(1), brand=Brand(name)))[0]


@pytest.mark.parametrize("colour", ["#ffffff", "#ffd400", "#00ff00", "#000000", "#7a1f3d"])
def test_headings_can_always_be_read(colour: str) -> None:
    """Whatever the brand's colour, text of it on white has a contrast of 4.5; a dark one is left alone."""
    assert contrast(legible(colour), "#ffffff") >= 4.5
    if contrast(colour, "#ffffff") >= 4.5:
        assert legible(colour) == colour
