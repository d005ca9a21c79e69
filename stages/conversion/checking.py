"""Which rules a rendition is held against on which day, and the engine that does it. "Not checked" is no answer: it
raises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from schemas.canonical import Document
from schemas.errors import Finding
from stages.conversion import reading_back
from stages.formats.format import Target
from stages.formats.writing.rereading import RULE, Again, reread
from stages.rules.catalogue import with_shadow
from stages.rules.judging import EngineChoice, judge
from stages.rules.official import RuleEngine, RuleSet, Verdict
from stages.rules.schemata import SCHEMAS, schema_check

OFFICIAL = {each.value for each in RuleSet}


class Checker:
    """Runs the releases of a target's rule sets that bind on a day, by the engine that the profile chooses.

    The day is that of the check, whatever date the document bears: who receives it holds it against the rules of the
    day on which it comes, a late invoice or a correction of an old one too.

    The official engine on the pinned jars is made once in a process.
    """

    def __init__(self, jars: Sequence[Path], on: date, choice: EngineChoice = EngineChoice()) -> None:
        self.jars, self.on, self.choice = tuple(jars), on, choice

    def __call__(self, content: bytes, target: Target, document: Document, again: Again | None = None) -> Verdict:
        """`again` is what reading it back gave, where that was done already.

        Raises EngineUnavailable (transient) where a rule set cannot be had or run, ConfigurationError where none of
        its pinned releases holds on the day.
        """
        versions: list[str] = []
        findings: list[Finding] = []
        shadow: Verdict | None = None
        for name in target.rules or (RULE,):
            if name == RULE:
                versions.append(RULE)
                findings += reading_back.judge(document, again or reread(content, target))
            elif name in OFFICIAL:
                releases = with_shadow(RuleSet(name), self.on)
                verdict = judge(content, releases, document, engine(self.jars).check, self.choice, self.jars)
                shadow = verdict.shadow or shadow
                versions.append(verdict.version)
                findings += verdict.findings
            elif name in SCHEMAS:
                versions.append(name)
                findings += schema_check(content, name, self.jars)
            else:
                raise KeyError(f"{target.name}: there is no rule set {name!r}")
        return Verdict("+".join(target.rules) or RULE, " / ".join(versions), tuple(findings), shadow)


@lru_cache(maxsize=1)
def engine(jars: tuple[Path, ...]) -> RuleEngine:
    """The process's one engine: it stays, for starting one costs half a second."""
    return RuleEngine(jars)
