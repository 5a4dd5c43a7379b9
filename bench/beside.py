"""Puts `examples/` on the path: the writers of KT 1.3 messages live there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The repository."""

if str(ROOT / "examples") not in sys.path:
    sys.path.append(str(ROOT / "examples"))
