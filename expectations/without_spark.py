"""Great Expectations without Spark, which it looks for and this project does not use with it.

Spark's Python end takes a process whose main module has no file for a run of its doctests, and ends it with status 0
when a library is missing that only Spark Connect wants. Dagster's daemon runs a build in such a process: a build would
end there, in the middle and without an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_spark() -> Iterator[None]:
    """Import Great Expectations in here: it then finds no Spark, as on a machine that has none."""
    before = sys.modules.get("pyspark")
    # None is how Python marks what must not be imported.
    sys.modules["pyspark"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is None:
            del sys.modules["pyspark"]
        else:
            sys.modules["pyspark"] = before
