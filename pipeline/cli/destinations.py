"""Where what a command makes is written: a file, a folder, or stdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.files import Row


@dataclass(frozen=True)
class Destination:
    """Where documents go: a file, for the one document of the one export; else a folder, where each has the name of its
    export, so that no two are written over each other."""

    path: Path
    folder: bool
    stems: frozenset[Path]
    """Names without their ending that only one file has."""
    given: tuple[Path, ...] = ()

    def of(self, file: Path, ordinal: int, documents: int, ending: str) -> Path:
        if not self.folder and documents == 1:
            return self.path
        name = _below(file, self.given)
        stem = name.with_suffix("") if name.with_suffix("") in self.stems else name
        return self.path / stem.parent / f"{stem.name}{f'-{ordinal}' if documents > 1 else ''}{ending}"


def _below(file: Path, given: Sequence[Path]) -> Path:
    """A file's name, with the folders between it and the one that was given."""
    folder = next((each for each in given if each in file.parents), file.parent)
    return file.relative_to(folder)


def destination(files: Sequence[Path], output: Path | None, given: Sequence[Path]) -> Destination | None:
    """Where the documents of `files` go, which are those of the paths `given`; folders of these become folders.

    Raises ConfigurationError where two documents would have to be written to one name.
    """
    from collections import Counter

    from schemas.errors import ConfigurationError

    if output is None:
        if len(files) > 1:
            raise ConfigurationError(f"there are {len(files)} files: name a folder for what is made of them with -o")
        return None
    names = [_below(file, given) for file in files]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ConfigurationError(f"two files are called {str(twice[0])!r}: convert them one after the other")
    stems = Counter(name.with_suffix("") for name in names)
    folder = len(files) > 1 or output.is_dir() or output.suffix == ""
    return Destination(output, folder, frozenset(stem for stem, count in stems.items() if count == 1), tuple(given))


def to_stdout(rows: list[Row], json: bool) -> None:
    """Without -o the one document goes to stdout as it is, or into the row as text or Base64."""
    import base64
    import sys

    written = [row for row in rows if "content" in row]
    if not json and len(written) > 1:
        from schemas.errors import ConfigurationError

        raise ConfigurationError(f"the export holds {len(written)} documents: name a folder with -o")
    for row in written:
        content: bytes = row.pop("content")
        if json:
            try:
                row["text"] = content.decode("utf-8")
            except UnicodeDecodeError:
                row["base64"] = base64.b64encode(content).decode()
        else:
            if sys.stdout.isatty() and content.startswith(b"%PDF"):
                from schemas.errors import ConfigurationError

                raise ConfigurationError("a PDF is nothing for a terminal: name a file with -o")
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            rows.remove(row)
