"""Errors of the programming interface, as problem+json. Source: RFC 9457."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse


class Problem(Exception):
    """What went wrong with a request: `reason` is our stable word, `detail` a sentence without personal data."""

    def __init__(self, status: int, reason: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail, self.more = status, reason, detail, more

    def response(self) -> JSONResponse:
        body = {
            "type": f"urn:entrega:problem:{self.reason}",
            "title": self.reason.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        headers = {"www-authenticate": 'Bearer realm="entrega"'} if self.status == 401 else {}
        if self.status in (429, 503):
            headers["retry-after"] = str(int(self.more.get("retry_after") or 5))
        return JSONResponse(body, self.status, headers, media_type="application/problem+json")
