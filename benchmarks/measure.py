"""Run a piece of work in a process of its own, and measure how long its steps take and how much memory they hold."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

import psutil

from sources.errors import SijikuError

_SAMPLE_SECONDS = 0.05


class Tell(Protocol):
    """What the work calls when a step starts, with its name, and with the seconds it took when it has ended.

    `part_of`: the step that what has ended is a part of; a part is not told of when it starts.
    """

    def __call__(self, name: str, seconds: float | None, part_of: str | None = None) -> None: ...


@dataclass(frozen=True)
class Step:
    """One step measured. `peak_bytes` is the most that the process and its children held at once while it ran.

    `part_of`: the step whose seconds these are among; its parts may run at the same time. `peak_bytes` of a part is
    that of its step until then.
    """

    name: str
    seconds: float
    peak_bytes: int
    part_of: str | None = None


def measure(work: Callable[..., None], *arguments: object) -> list[Step]:
    """Run `work(tell, *arguments)` in a fresh process and return its steps in order.

    Args:
        work: a function of a module (the process imports it); calls `tell` as each of its steps starts and ends.

    Raises:
        SijikuError: the work raised it, or its process ended without finishing.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        return _watch(psutil.Process(process.pid), ours)
    finally:
        # What is left of it, idle threads perhaps, is of no interest.
        process.join(1)
        process.kill()
        process.join()


def timed(tell: Tell, name: str, function: Callable[[], object]) -> None:
    """Run a function as one step."""
    tell(name, None)
    start = time.perf_counter()
    function()
    tell(name, time.perf_counter() - start)


def _watch(process: psutil.Process, messages: Connection) -> list[Step]:
    steps: list[Step] = []
    peak = 0
    while True:
        peak = max(peak, _held(process))
        if not messages.poll(_SAMPLE_SECONDS):
            continue
        try:
            message = messages.recv()
        except EOFError:
            raise SijikuError(
                "The process that was measured ended before its work was done.",
                "If memory ran out, choose a smaller --scale; else run the step by hand to see why.",
            ) from None
        match message:
            case ("start", _):
                peak = 0
            case ("finish", name, seconds, part_of):
                steps.append(Step(name, seconds, max(peak, _held(process)), part_of))
            case ("done",):
                return steps
            case ("failed", problem, remedy):
                raise SijikuError(problem, remedy)


def _held(process: psutil.Process) -> int:
    """Resident bytes of a process and its children."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += member.memory_info().rss
    return total


def _run(messages: Connection, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """What the measured process does."""
    os.environ["TQDM_DISABLE"] = "1"
    # PySpark, which Great Expectations looks for, takes a main module without a file for its own doctests and exits.
    sys.modules["__main__"].__file__ = __file__
    logging.getLogger("splink").setLevel(logging.ERROR)

    def tell(name: str, seconds: float | None, part_of: str | None = None) -> None:
        messages.send(("start", name) if seconds is None else ("finish", name, seconds, part_of))

    try:
        work(tell, *arguments)
    except SijikuError as error:
        messages.send(("failed", error.problem, error.remedy))
    else:
        messages.send(("done",))
    finally:
        messages.close()
