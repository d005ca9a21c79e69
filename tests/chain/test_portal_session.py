"""Signing in at the operator's pages: who may see them, and what becomes of those who guess."""

from __future__ import annotations

from uuid import UUID

from portal_house import OPERATOR
from portal_visit import Visit, text


async def test_signing_in(desk: Visit) -> None:
    """Without the token there is nothing to see; a wrong one, a forged cookie, or one that is over opens nothing."""
    house, client = desk
    await text(client, "/operator")
    places = ("", "/documents", f"/documents/{UUID(int=1)}", "/parked", "/undelivered", "/outbox")
    stranger = client.headers.popone("Cookie")
    for place in places:
        async with client.get(f"/operator{place}", allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"].startswith("/operator/login?back=")
    for path in ("exports", "links/x/revoke", f"parked/{UUID(int=1)}/replay"):
        async with client.post(f"/operator/{path}", data={}, allow_redirects=False) as answer:
            assert answer.status in (403, 404)
    for wrong in ("", "x", OPERATOR[:-1], OPERATOR + "é"):
        async with client.get("/operator/login", params={"token": wrong}, allow_redirects=False) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers
    end, nonce, mark = stranger.partition("=")[2].split(".")
    for forged in (f"{int(end) + 9}.{nonce}.{mark}", f"{end}.{nonce}.{'0' * 32}", f"{end}.x.{mark}", "", "x.y.z"):
        client.headers["Cookie"] = f"entrega_operator={forged}"
        await text(client, "/operator", 303)
    client.headers["Cookie"] = stranger
    house.later(hours=12, seconds=1)
    await text(client, "/operator", 303)


async def test_wrong_tokens_lock_nobody_out(desk: Visit) -> None:
    """Who guesses is answered 429 after twenty tokens in a minute, at the pages and at /v1 together; a right token
    always enters; another network has tries of its own, until there are too many in all."""
    house, client = desk

    async def guess(address: str, path: str = "/operator/login?token=wrong", **headers: str) -> int:
        headers = {"X-Forwarded-For": address, **headers}
        async with client.get(path, headers=headers, allow_redirects=False) as answer:
            if answer.status == 429:
                assert answer.headers["Retry-After"] == "60"
            return answer.status

    document = f"/v1/documents/{UUID(int=1)}"
    bad, good = {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {OPERATOR}"}
    assert [await guess("192.0.2.1") for _ in range(10)] == [403] * 10
    assert [await guess("192.0.2.2", document, **bad) for _ in range(10)] == [401] * 10
    assert (await guess("192.0.2.3"), await guess("192.0.2.3", document, **bad)) == (429, 429)
    assert await guess("192.0.2.1", f"/operator/login?token={OPERATOR}") == 303
    assert await guess("192.0.2.1", document, **good) == 404
    assert await guess("192.0.2.1", document) == 401  # no token is no guess
    assert await guess("198.51.100.7") == 403
    assert [await guess(f"10.{n}.0.1") for n in range(200)].count(429) > 0
    assert await guess("203.0.113.9", document, **bad) == 429
    assert await guess("203.0.113.9", document, **good) == 404
    house.later(seconds=61)
    assert await guess("192.0.2.1") == 403


async def test_back_stays_inside(desk: Visit) -> None:
    """After signing in one comes to where one was going, and never to somebody else's page."""
    _, client = desk
    for back, expected in (
        ("/operator/documents?q=state%3Aparked", "/operator/documents?q=state%3Aparked"),
        ("https://evil.example/operator", "/operator"),
        ("//evil.example/operator", "/operator"),
        ("/operator\\@evil.example", "/operator"),
    ):
        async with client.post(
            "/operator/login", data={"token": OPERATOR, "back": back}, allow_redirects=False
        ) as answer:
            assert answer.headers["Location"] == expected
