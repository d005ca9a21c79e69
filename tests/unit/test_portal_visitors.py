"""Who asks: what is surely a machine is called one; what may be a person is never."""

from __future__ import annotations

import pytest

from portal import visitors

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
PEOPLE = (
    CHROME,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Safari/537.36",
)
MACHINES = (
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/116.0 Safari/537.36 BingPreview/1.0b",
    "Microsoft Office Existence Discovery",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (compatible; proofpoint)",
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "curl/8.5.0",
    "python-requests/2.32",
    "Go-http-client/2.0",
    "Mozilla/5.0 HeadlessChrome/142.0.0.0 Safari/537.36",
    "",
)


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers(agent: str) -> None:
    """A browser of a person's is unknown: a scanner can call itself one."""
    found = visitors.guess("GET", {"user-agent": agent, "accept-language": "pl"}, "203.0.113.77")
    assert (found.kind, found.why) == ("unknown", "may-be-a-person")
    assert found.personal == {"agent": agent, "network": "203.0.113.0/24"}


@pytest.mark.parametrize("agent", MACHINES)
def test_machines(agent: str) -> None:
    """Known scanners, previews and libraries are called scanners, and press no button."""
    headers = {"user-agent": agent, "accept-language": "en"}
    found = visitors.guess("POST", headers, None)
    assert found.kind == "scanner"
    assert not visitors.pressed(headers, found)


def test_manners() -> None:
    """HEAD, a prefetch and a browser without a language are machines whatever they call themselves."""
    headers = {"user-agent": CHROME, "accept-language": "en"}
    assert visitors.guess("HEAD", headers, None).why == "head-request"
    assert visitors.guess("GET", {**headers, "sec-purpose": "prefetch;prerender"}, None).why == "prefetch"
    assert visitors.guess("GET", {"user-agent": CHROME}, None).why == "no-language"


@pytest.mark.parametrize(
    ("changes", "is_person"),
    [
        ({"sec-fetch-site": "same-origin", "sec-fetch-user": "?1"}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-user": "?1"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-user": "?1"}, False),
        ({"sec-fetch-site": "none", "sec-fetch-user": "?1"}, False),
        ({}, True),
        ({"sec-fetch-site": "same-origin", "user-agent": PEOPLE[1]}, True),
    ],
)
def test_pressed(changes: dict[str, str], is_person: bool) -> None:
    """A form counts when it comes from our own page, and, where the browser tells it, by a click."""
    headers = {"user-agent": CHROME, "accept-language": "en", **changes}
    assert visitors.pressed(headers, visitors.guess("POST", headers, None)) is is_person


def test_networks() -> None:
    """An address is cut to its network; what is none is left out."""
    assert visitors.network("2001:db8:1234:5678::1") == "2001:db8:1234::/48"
    assert visitors.network("::ffff:203.0.113.77") == "203.0.113.0/24"
    assert visitors.network("unix") is None
    assert visitors.network(None) is None
