"""Who asks for a page: a machine, or nobody knows. Mail scanners open every link, so a GET proves no reader.

A guess is written into the event and decides one thing only: a form that a program sent is not taken for a person's
act. What is not surely a machine is "unknown", never "human".

Source: Fetch Metadata Request Headers (W3C, Sec-Fetch-User is sent only where a person's click or key caused it)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

_MACHINES = re.compile(
    r"bot\b|bots?[/;]|spider|crawl|scan|preview|safelinks|existence discovery|ms-office|barracuda|proofpoint|mimecast"
    r"|symantec|messagelabs|trendmicro|sophos|fireeye|forcepoint|cloudmark|ironport|zscaler|fortinet|urlscan|virustotal"
    r"|googleimageproxy|yahoomailproxy|facebookexternalhit|whatsapp|slack|telegram|linkedin|skypeuripreview|discord"
    r"|headlesschrome|phantomjs|puppeteer|playwright|selenium|curl/|wget/|python|aiohttp|httpx|okhttp|go-http-client"
    r"|java/|libwww|ruby|axios|node-fetch|apache-httpclient|powershell",
    re.IGNORECASE,
)
_BROWSER = re.compile(r"Chrome/|Firefox/")


@dataclass(frozen=True)
class Visitor:
    """`kind` is `scanner` or `unknown`, `why` a word for the event; `agent` and `network` are personal."""

    kind: str
    why: str
    agent: str
    network: str | None

    @property
    def personal(self) -> dict[str, str]:
        return {"agent": self.agent, **({"network": self.network} if self.network else {})}


def guess(method: str, headers: Mapping[str, str], address: str | None) -> Visitor:
    """What the request says of who sent it. Names of headers in lower case."""
    agent = " ".join(headers.get("user-agent", "").split())[:200]
    kind, why = "scanner", ""
    if method == "HEAD":
        why = "head-request"
    elif "prefetch" in headers.get("sec-purpose", "") + headers.get("purpose", "") + headers.get("x-moz", ""):
        why = "prefetch"
    elif not agent:
        why = "no-agent"
    elif _MACHINES.search(agent):
        why = "known-agent"
    elif "accept-language" not in headers:
        why = "no-language"
    else:
        kind, why = "unknown", "may-be-a-person"
    return Visitor(kind, why, agent, network(address))


def pressed(headers: Mapping[str, str], visitor: Visitor) -> bool:
    """Whether a form may have been sent by a person: from our own page, by a program that is no known machine.

    Chrome and Firefox tell whether a click or key sent the form; where they do, a script's submit is not taken. What
    cannot be told from a person: a machine that moves a whole browser's mouse and calls itself an ordinary one.
    """
    if visitor.kind == "scanner":
        return False
    site = headers.get("sec-fetch-site")
    if site is None:
        return True
    if site != "same-origin":
        return False
    return headers.get("sec-fetch-user") == "?1" or not _BROWSER.search(visitor.agent)


def network(address: str | None) -> str | None:
    """An address cut to its network: the last 8 bits of IPv4, all but 48 of IPv6 are left out.

    >>> network("203.0.113.77"), network("2001:db8:1:2::3"), network("testclient")
    ('203.0.113.0/24', '2001:db8:1::/48', None)
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))
