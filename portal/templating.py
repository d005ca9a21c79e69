"""Pages from templates: everything escaped, a missing value is an error, nothing is fetched from elsewhere."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

HERE = Path(__file__).parent
_FOREVER = "public, max-age=31536000, immutable"
_BRAND = re.compile(r"([0-9a-f]{6})-([0-9a-f]{6})")


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.globals["stylesheet"] = f"/static/entrega-{stylesheet()[1]}.css"
    return environment


def text(template: str, **values: Any) -> str:
    """A template as text."""
    return str(_environment().get_template(template).render(**values))


def page(template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """A page. A value that the template asks for and does not get is an error, never a gap."""
    return HTMLResponse(text(template, **values), status, headers)


@cache
def stylesheet() -> tuple[bytes, str]:
    """The one stylesheet, and the beginning of its digest, by which it is named."""
    content = (HERE / "static" / "entrega.css").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def brand_stylesheet(colour: str, accent: str) -> str:
    """Where the brand's colours stand; the policy allows no style inside a page. Colours are `#rrggbb`."""
    return f"/static/brand-{colour[1:].lower()}-{accent[1:].lower()}.css"


def router() -> APIRouter:
    """Stylesheets, named by what they hold, so that they may be kept for ever."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/entrega-{digest}.css")
    async def sheet(digest: str) -> Response:
        content, known = stylesheet()
        if digest != known:
            raise HTTPException(404)
        return Response(content, media_type="text/css", headers={"cache-control": _FOREVER})

    @routes.get("/static/brand-{colours}.css")
    async def brand(colours: str) -> Response:
        found = _BRAND.fullmatch(colours)
        if found is None:
            raise HTTPException(404)
        from stages.rendering.brand import contrast, legible, mixed

        colour, accent = (f"#{each}" for each in found.groups())
        on = "#ffffff" if contrast("#ffffff", colour) >= contrast("#0b0d12", colour) else "#0b0d12"
        content = (
            f":root{{--brand:{colour};--on-brand:{on};--brand-ink:{legible(colour)};"
            f"--brand-tint:{mixed(colour, '#ffffff', 0.07)};--brand-line:{mixed(colour, '#ffffff', 0.28)};"
            f"--brand-deep:{mixed(colour, '#000000', 0.82)};--accent:{accent}}}\n"
        )
        return Response(content, media_type="text/css", headers={"cache-control": _FOREVER})

    return routes
