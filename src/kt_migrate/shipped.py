"""Where the files lie that come with the program: algorithms and environment templates.

In a wheel they are inside the package; in a checkout they lie at its root, where people read them.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(kind: str) -> Path:
    """Return the folder of shipped `algorithms` or `configs`.

    Raises:
        FileNotFoundError: the installation is not whole.
    """
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parents[1] / kind):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(kind)
