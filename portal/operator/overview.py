"""The operator's first page: what needs a person, how everything stands, the batches, and where exports are dropped."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pipeline import plain
from pipeline.store import orphans, queries, stops
from pipeline.store.parking import REFUSING
from portal.desk import Desk
from portal.operator import session
from portal.operator.frame import framed
from schemas.errors import PermanentError, StoreUnavailable

BATCHES = 30
SHOWN = 6
BAR = 1000


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)

    @routes.get("")
    async def overview(request: Request, dropped: str = "", problem: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        async with desk.store.transaction() as conn:
            totals = await queries.totals(conn)
            batches = await queries.exports(conn, limit=BATCHES)
            stopped = await stops.stops(conn, newest_first=True, limit=SHOWN)
            failed = await stops.undelivered(conn, state="undeliverable", limit=SHOWN)
            strays = await orphans.count(conn)
        return await framed(
            desk, cookie, "overview", "operator/overview.html",
            totals=bar(totals),
            count=sum(totals.values()),
            batches=[{**batch, "bar": bar(batch["states"])} for batch in batches],
            stopped=stopped,
            refusing=REFUSING,
            failed=failed,
            strays=strays,
            plain=plain,
            dropped=dropped[:200],
            problem=problem[:300],
        )  # fmt: skip

    @routes.post("/exports")
    async def drop(request: Request) -> Response:
        """The drop zone: a form's files, through the door like every other export."""
        from urllib.parse import quote

        from fastapi.responses import RedirectResponse

        form = await session.pressed(desk, request, max_files=50, max_fields=20)
        names: list[str] = []
        problem = ""
        try:
            for file in form["files"]:
                data = await file.read() if hasattr(file, "read") else b""
                if data:
                    receipt = await desk.door.receive(data, name=file.filename or "export", by="operator:page")
                    names.append(receipt.name)
        except (PermanentError, StoreUnavailable) as error:
            problem = error.text
        if not names and not problem:
            problem = "No file was chosen, or it is empty."
        told = f"dropped={quote(', '.join(names))}" if names else ""
        return RedirectResponse(
            "/operator?" + "&".join(filter(None, (told, f"problem={quote(problem)}" if problem else ""))), 303
        )

    return routes


def bar(states: dict[str, int]) -> list[dict[str, Any]]:
    """Counts by state as pieces of a bar of 1000 units, in the order of `plain.TONES`; a piece is never invisible.

    >>> [(piece["word"], piece["x"], piece["width"]) for piece in bar({"parked": 1, "delivered": 999})]
    [('delivered', 0, 988), ('parked', 988, 12)]
    """
    known = [
        (word, states[word]) for word in (*plain.TONES, *sorted(set(states) - set(plain.TONES))) if states.get(word)
    ]
    total = sum(count for _, count in known)
    widths = [max(12, round(count * BAR / total)) for _, count in known]
    over = sum(widths) - BAR
    if widths:
        widths[widths.index(max(widths))] -= over
    pieces, x = [], 0
    for (word, count), width in zip(known, widths, strict=True):
        pieces.append({**plain.state(word), "count": count, "x": x, "width": width})
        x += width
    return pieces
