"""CONTRL: whether an interchange, and each of its messages, could be read.

Actions (0083): 7 this level and what is below is acknowledged, 4 this level is rejected, 8 the interchange has come.
Faults (0085) stand with the place: the segment's number in the message, the element's and the component's.

Source: CONTRL D.3 (ISO 9735 version 3); UNTDID 0083, 0085.
"""

from __future__ import annotations

from typing import Any

from schemas.answers import SyntaxAcknowledgement
from stages.formats.edifact.grammar import Data, Message, Row

_ACTIONS = {"7": "accepted", "4": "rejected", "8": "received", "5": "rejected", "6": "rejected"}
_WRITTEN = {"accepted": "7", "rejected": "4", "received": "8", "accepted-with-errors": "7", "partly-accepted": "7"}
_SEGMENT = (
    Row("UCS+{segment}+{code}", into="_faults[]", rows=(Row("UCD+{code}+{element}:{component}", into="elements[]"),)),
)
_MESSAGE = Row("UCM+{reference}+{type}+{action}+{_code}+{_tag}", into="messages[]", rows=_SEGMENT)
ROWS = (
    Row("UCI+{interchange_reference}+{_by}:{_by_code}+{_to}:{_to_code}+{action}+{_code}+{_tag}"),
    _MESSAGE,
    Row(
        "UCF+{group_reference}+{_by}:{_by_code}+{_to}:{_to_code}+{action}+{_code}+{_tag}", into="_groups[]",
        rows=(_MESSAGE,),
    ),
)  # fmt: skip


def read_shape(data: Data, walk: Any) -> None:
    """Who made the interchange is UCI's sender: the receiver of this answer."""
    data["receiver"] = _party(data.pop("_by", None), data.pop("_by_code", None))
    data["sender"] = _party(data.pop("_to", None), data.pop("_to_code", None))
    data["number"] = data["_interchange"].reference or data.get("interchange_reference")
    if (issued := data.get("_issued")) is not None:
        data["issue_date"] = issued
    if errors := _own(data):
        data["errors"] = errors
    for group in data.pop("_groups", []):
        data.setdefault("messages", []).extend(group.pop("messages", []))
        data.setdefault("group_reference", group.get("group_reference"))
        for name in ("_by", "_by_code", "_to", "_to_code"):
            group.pop(name, None)
    for each in data.get("messages", ()):
        errors = _own(each)
        for fault in each.pop("_faults", ()):
            place = f"segment {fault.get('segment', '?')}"
            below = fault.get("elements") or []
            if fault.get("code"):
                errors.append({"place": place, "code": fault["code"]})
            for element in below:
                at = ".".join(x for x in (element.get("element"), element.get("component")) if x)
                errors.append({"place": f"{place}, element {at}" if at else place, "code": element.get("code")})
        if errors:
            each["errors"] = errors
        each["action"] = _ACTIONS.get(each.get("action", ""), each.get("action"))
    code = data.get("action", "")
    data["action"] = _ACTIONS.get(code, code)
    told = {each["action"] for each in data.get("messages", ())}
    if data["action"] == "accepted" and "rejected" in told:
        data["action"] = "partly-accepted" if len(told) > 1 else "rejected"


def _own(part: Data) -> list[Data]:
    code, tag = part.pop("_code", None), part.pop("_tag", None)
    return [{"place": tag or "", "code": code}] if code else []


def _party(identifier: str | None, qualifier: str | None) -> Data:
    scheme = {"14": "0088", "1": "0060"}.get(qualifier or "")
    if identifier is None:
        return {}
    return {"name": identifier, "identifiers": [{"value": identifier, "scheme": scheme}]}


def write_shape(data: Data, _release: str) -> None:
    for role, name in (("receiver", "_by"), ("sender", "_to")):
        identifiers = data[role].get("identifiers") or [{"value": data[role]["name"]}]
        data[name] = identifiers[0]["value"]
        data[f"{name}_code"] = {"0088": "14", "0060": "1"}.get(identifiers[0].get("scheme") or "")
    _write_own(data)
    data["action"] = _WRITTEN[data["action"]]
    for each in data.get("messages", ()):
        each["action"] = _WRITTEN[each["action"]]
        faults: dict[str, Data] = {}
        own = []
        for error in each.get("errors", ()):
            place = error.get("place", "")
            if place.startswith("segment "):
                segment, _, element = place.removeprefix("segment ").partition(", element ")
                fault = faults.setdefault(segment, {"segment": segment, "elements": []})
                if element:
                    at, _, component = element.partition(".")
                    fault["elements"].append({"code": error["code"], "element": at, "component": component})
                else:
                    fault["code"] = error["code"]
            else:
                own.append(error)
        each["errors"] = own
        each["_faults"] = list(faults.values())
        _write_own(each)


def _write_own(part: Data) -> None:
    if errors := part.get("errors"):
        part["_code"] = errors[0]["code"]
        part["_tag"] = errors[0].get("place")


MESSAGE = Message("CONTRL", SyntaxAcknowledgement, ROWS, read_shape, write_shape)
