"""One picture, drawn in a process of its own: bytes on stdin, PNG on stdout.

    python -m portal.drawing page|logo WIDTH HEIGHT

pdfium and Pillow are large, and native: so the web process neither carries them nor falls with them. A picture is
drawn once and then kept, so the 0.4 s of a fresh process are paid once a document. Exit 1: not a picture of that kind.
"""

from __future__ import annotations

import resource
import sys
from io import BytesIO

SECONDS = 20
BYTES = 1024 * 1024 * 1024


def draw(kind: str, data: bytes, width: int, height: int) -> bytes:
    """The first page of a PDF, `width` pixels wide; or a logo on white, at most `width` by `height`.

    Raises ValueError or ConfigurationError for what is no such thing.
    """
    if kind == "page":
        from stages.rendering.picture import first_page

        return first_page(data, width)
    from stages.rendering.brand import logo_image

    picture = logo_image(data).copy()
    picture.thumbnail((width, height))
    out = BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    from schemas.errors import ConfigurationError

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    try:
        drawn = draw(sys.argv[1], sys.stdin.buffer.read(), int(sys.argv[2]), int(sys.argv[3]))
    except (ValueError, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
