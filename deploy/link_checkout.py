"""Makes a checkout runnable from its virtual environment: import path, metadata, console scripts.

What an editable install does, without a build backend: that would be one more download, and one that no lock covers.
Run by the environment's own Python; writes only what differs. Source: PEP 376 (dist-info), PEP 660 (editable installs).
"""

from __future__ import annotations

import sysconfig
import tomllib
from pathlib import Path

# a shell's first line, so that a path with blanks in it, or a long one, does no harm; to Python it is a string
SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from {module} import {function}

if __name__ == "__main__":
    sys.exit({function}())
"""


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` unless it stands there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.unlink(missing_ok=True)  # it may be a hard link into an installer's cache
        path.write_text(text)
    path.chmod(mode)


def main() -> None:
    """Link this checkout into the environment whose Python runs this."""
    root = Path(__file__).resolve().parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    packages, scripts = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("scripts"))
    name, version = project["name"], project["version"]

    write(packages / f"{name}_checkout.pth", f"{root}\n")
    info = packages / f"{name}-{version}.dist-info"
    write(info / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    write(info / "INSTALLER", "deploy/link_checkout.py\n")
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in table.items()) for group, table in groups.items()]
    write(info / "entry_points.txt", "\n".join(lines))
    write(info / "RECORD", "")
    for script, target in project.get("scripts", {}).items():
        module, function = target.split(":")
        text = SCRIPT.format(python=scripts / "python", module=module, function=function)
        write(scripts / script, text, 0o755)


if __name__ == "__main__":
    main()
