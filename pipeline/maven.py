"""Java artefacts by pinned Maven coordinates: Apache Kafka for the embedded broker, the official rule sets.

`maven.lock` beside this file names what is asked for and every jar that came of it, each with its SHA-256 and size.
The graph of dependencies is walked once, when the lock is written (`python -m pipeline.maven lock`); after that
jars are fetched one by one, by digest, so neither a changed POM nor a changed repository can bring in other code.

A jar gets its name in the cache only after its digest was found right, so a jar that is there was verified;
`jars()` then only looks at sizes (well under a millisecond for Kafka's 46). The cache is `$ENTREGA_CACHE_DIR`, or
`entrega` in `$XDG_CACHE_HOME` or `~/.cache`. It is ours alone: jgo writes downloads in place, so a killed download
would leave a broken jar in the `~/.m2/repository` that other programs share. That folder is read, though: a jar
lying there with the right digest is copied instead of downloaded.

Repositories are the machine's: Maven Central, or the mirror of it that `~/.m2/settings.xml` names, and whatever
jgo's own configuration adds. Proxies and certificate authorities come from the usual environment variables.

Source: Maven repository layout; jgo 3 (artefact resolution without Java).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import ConfigurationError, EntregaError

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

LOCK = Path(__file__).with_name("maven.lock")
ATTEMPTS = 3
DOWNLOADS_AT_ONCE = 8
TIMEOUT = 60  # seconds without an answer

# what `lock` asks for: coordinates, and whether what they depend on comes along
WANTED: dict[str, tuple[tuple[str, ...], bool]] = {
    # kafka-tools is left out: the broker and StorageTool do without, and it brings 48 jars of Connect and Jetty.
    # slf4j-simple is the smallest logger that tells why a broker died.
    "kafka": (("org.apache.kafka:kafka_2.13:4.2.0", "org.slf4j:slf4j-simple:1.7.36"), True),
    # only the XSLT and XSD inside are used, by saxonche and lxml; no Java runs
    "rules": (
        (
            "com.helger.phive.rules:phive-rules-en16931:4.3.7",
            "com.helger.phive.rules:phive-rules-peppol:4.3.7",
            "com.helger.phive.rules:phive-rules-xrechnung:4.2.3",
            "com.helger.phive.rules:phive-rules-facturae:4.2.3",
            "com.helger:ph-fatturapa:3.1.0",
            "com.helger.cii:ph-cii-d16b:4.1.1",
            "com.helger.xsd:ph-xsds-xmldsig:4.1.0",
            "com.helger.ubl:ph-ubl21:10.2.0",
        ),
        False,
    ),
}


@dataclass(frozen=True)
class Jar:
    """One pinned jar: `group:artifact:version`, digest in hex, size in bytes."""

    coordinate: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it lies in a repository, relative."""
        group, artifact, version = self.coordinate.split(":")
        return Path(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def jars(name: str, *, progress: Callable[[str], None] | None = None) -> list[Path]:
    """The jars of one entry of the lock (`kafka`, `rules`), in its order; downloads those that are missing.

    Raises ConfigurationError when the entry is unknown, or a jar cannot be had or is not the pinned one.
    """
    wanted, folder = locked(name), cache()
    paths = [folder / jar.path for jar in wanted]
    missing = [jar for jar, path in zip(wanted, paths, strict=True) if not _is_there(path, jar)]
    if missing:
        _fetch(name, missing, folder, progress or (lambda text: None))
    return paths


def available(name: str) -> bool:
    """Whether `jars(name)` would answer without a network."""
    folder = cache()
    return all(_is_there(folder / jar.path, jar) for jar in locked(name))


def locked(name: str) -> list[Jar]:
    """What the lock pins under a name."""
    entry = tomllib.loads(LOCK.read_text()).get(name)
    if entry is None:
        raise ConfigurationError(f"{LOCK.name} has no entry {name!r}")
    return [Jar(line["jar"], line["sha256"], line["size"]) for line in entry["jars"]]


def cache() -> Path:
    """The folder of verified jars; it need not exist yet."""
    own = os.environ.get("ENTREGA_CACHE_DIR")
    base = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "entrega"
    return base / "maven"


def _is_there(path: Path, jar: Jar) -> bool:
    try:
        return path.stat().st_size == jar.size
    except OSError:
        return False


def _fetch(name: str, missing: list[Jar], folder: Path, progress: Callable[[str], None]) -> None:
    """Bring each missing jar to its place, verified. Safe beside another process that does the same."""
    size = sum(jar.size for jar in missing) / 1e6
    progress(f"{name}: fetching {len(missing)} jars, {size:.0f} MB")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch,
        ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool,
    ):
        try:
            for _ in pool.map(lambda jar: _fetch_one(jar, folder, Path(scratch)), missing):
                pass
        except EntregaError:
            raise
        except Exception as error:  # requests, jgo and the file system each have their own
            pool.shutdown(cancel_futures=True)
            raise ConfigurationError(
                f"{name}: a jar could not be fetched from Maven Central ({type(error).__name__}: {error}). "
                f"Is the network there? A mirror is taken from ~/.m2/settings.xml, proxies from HTTPS_PROXY."
            ) from error


def _fetch_one(jar: Jar, folder: Path, scratch: Path) -> None:
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    target = folder / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    local = _maven_repository() / jar.path
    if _is_there(local, jar) and _digest(local) == jar.sha256:
        copy = scratch / f"{jar.sha256}.jar"
        shutil.copyfile(local, copy)
        copy.replace(target)
        return
    tries = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(max=10),
        retry=retry_if_exception_type(OSError),  # requests' errors are OSErrors; "not found" is not one
        reraise=True,
    )
    for attempt in tries:
        with attempt, tempfile.TemporaryDirectory(dir=scratch) as fresh:
            path = _artifact(_context(Path(fresh)), jar.coordinate).resolve()
            found = _digest(path)
            if found != jar.sha256:
                raise ConfigurationError(
                    f"{jar.coordinate} is not the pinned jar: its SHA-256 is {found}, {LOCK.name} says {jar.sha256}"
                )
            path.replace(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _maven_repository() -> Path:
    from jgo.config import GlobalSettings

    return Path(GlobalSettings.load().repo_cache)


def _context(repository: Path) -> MavenContext:
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    central = _mirror() or MAVEN_CENTRAL_URL
    remotes = {"central": central} | GlobalSettings.load().repositories
    return MavenContext(repo_cache=repository, remote_repos=remotes, timeout=TIMEOUT)


def _mirror() -> str | None:
    """The URL of the mirror of Central in `~/.m2/settings.xml`, if there is one. Its credentials are not read."""
    from lxml import etree

    path = Path.home() / ".m2" / "settings.xml"
    if not path.is_file():
        return None
    root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for mirror in root.iterfind(".//{*}mirror"):
        names = [name.strip() for name in (mirror.findtext("{*}mirrorOf") or "").split(",")]
        blocked = (mirror.findtext("{*}blocked") or "").strip() == "true"
        url = (mirror.findtext("{*}url") or "").strip().rstrip("/")
        if url and not blocked and "!central" not in names and {"*", "central", "external:*"} & set(names):
            return url
    return None


def _artifact(context: MavenContext, coordinate: str) -> Artifact:
    group, artifact, version = coordinate.split(":")
    return context.project(group, artifact).at_version(version).artifact()


def write_lock() -> str:
    """The lock's text, made anew from WANTED: resolves the graph and downloads every jar to measure it."""
    lines = ["# Java artefacts by digest; written by `python -m pipeline.maven lock`, which says what is asked for."]
    with tempfile.TemporaryDirectory() as scratch:
        context = _context(Path(scratch))
        for name, (coordinates, transitive) in WANTED.items():
            lines += ["", f"[{name}]", f"asked_for = {list(coordinates)!r}".replace("'", '"'), "jars = ["]
            for found in _resolve(context, coordinates, transitive):
                path = found.resolve()
                coordinate = f"{found.groupId}:{found.artifactId}:{found.version}"
                if (found.classifier, found.packaging) != ("", "jar"):
                    raise ConfigurationError(f"{coordinate} has a classifier or is no jar: the lock has no word for it")
                size = path.stat().st_size
                lines.append(f'    {{ jar = "{coordinate}", sha256 = "{_digest(path)}", size = {size} }},')
            lines.append("]")
    return "\n".join(lines) + "\n"


def _resolve(context: MavenContext, coordinates: Iterable[str], transitive: bool) -> list[Artifact]:
    if not transitive:
        return [_artifact(context, coordinate) for coordinate in coordinates]
    dependencies = [context.create_dependency(coordinate) for coordinate in coordinates]
    for dependency in dependencies:
        dependency.scope = "compile"
    asked, along = context.resolver.resolve(dependencies)
    found = [one.artifact for one in (*asked, *along) if one.scope in ("compile", "runtime")]
    return sorted(found, key=lambda one: (one.groupId, one.artifactId))


def main(arguments: list[str]) -> int:
    """`lock` writes the lock anew; `fetch [NAME…]` brings the jars and prints where they are."""
    match arguments:
        case ["lock"]:
            LOCK.write_text(write_lock())
        case ["fetch", *names]:
            for name in names or list(WANTED):
                for path in jars(name, progress=lambda text: print(text, file=sys.stderr)):
                    print(path)
        case _:
            print(main.__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
