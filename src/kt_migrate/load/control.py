"""Orders from another terminal to the process that works on a run: a file in its run folder.

`control.json` (mode 0600) holds one order. Who gives it makes the file, which fails while an
earlier order lies there; who works on the run does what it says and takes the file away. That is
the receipt. Nothing else is kept: a pause lasts as long as the process that obeyed it, and what a
crash left behind is forgotten by the next start, before it takes orders.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import orjson

from kt_migrate.errors import NotRunningError

ORDERS = "control.json"
SCHEMA = "kt-migrate-order/1"
PATIENCE_SECONDS = 15.0
"""So long a busy process may take to obey."""
_LOOK_SECONDS = 0.05
MOST_PER_SECOND = 100_000.0


class Command(StrEnum):
    """What a person can ask of a run that is under way."""

    PAUSE = "pause"
    RESUME = "resume"
    RATE = "rate"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Order:
    """One command; `per_second` is for `rate` only (0: no limit)."""

    command: Command
    per_second: float = 0.0


def give_order(
    folder: Path,
    order: Order,
    writer: Callable[[], int | None],
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Give an order, and wait until it is obeyed.

    Args:
        folder: the run folder.
        order: what to do.
        writer: says who works on the run; None: nobody.
        now: seconds, from any moment.
        sleep: waits; injected, as `now` is, so that tests never wait.

    Raises:
        NotRunningError: nobody works on the run, or it does not react.
    """
    until = now() + PATIENCE_SECONDS
    ours = folder / f".{ORDERS}.{os.getpid()}"
    _write(ours, order)
    try:
        while not _laid(ours, folder / ORDERS):
            _require_writer(folder, writer, late=now() > until)
            sleep(_LOOK_SECONDS)
        while (folder / ORDERS).exists() and ours.samefile(folder / ORDERS):
            _require_writer(folder, writer, late=now() > until)
            sleep(_LOOK_SECONDS)
    except FileNotFoundError:
        return  # taken between the two looks
    except NotRunningError:
        _take_back(ours, folder / ORDERS)
        raise
    finally:
        ours.unlink(missing_ok=True)


def _require_writer(folder: Path, writer: Callable[[], int | None], *, late: bool) -> None:
    if writer() is None:
        raise NotRunningError(
            "Nobody works on this run.",
            where=str(folder),
            fix="See which run is under way with kt-migrate status; name it with --env and --run.",
        )
    if late:
        raise NotRunningError(
            "The run does not react.",
            where=str(folder),
            fix="Look at it in its own terminal; Ctrl-C there stops it too.",
        )


def _write(path: Path, order: Order) -> None:
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(
            orjson.dumps(
                {"schema": SCHEMA, "command": order.command, "per_second": order.per_second}
            )
        )


def _laid(ours: Path, orders: Path) -> bool:
    try:
        orders.hardlink_to(ours)
    except FileExistsError:
        return False
    return True


def _take_back(ours: Path, orders: Path) -> None:
    with suppress(FileNotFoundError):
        if ours.samefile(orders):
            orders.unlink()


def order_in(folder: Path) -> Order | None:
    """Return the order that lies in a run folder; None: there is none that can be read."""
    try:
        content = orjson.loads((folder / ORDERS).read_bytes())
        order = Order(Command(content["command"]), float(content.get("per_second", 0.0)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return order if 0 <= order.per_second <= MOST_PER_SECOND else None


def forget_orders(folder: Path) -> None:
    """Take away what lies there: it was obeyed, or was meant for an earlier process."""
    (folder / ORDERS).unlink(missing_ok=True)
