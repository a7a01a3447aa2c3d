"""Checks run in whatever process a build runs in."""

from __future__ import annotations

import subprocess
import sys

# Run by -c, as in the processes of Dagster's daemon, the main module has no file.
HIDDEN = """
import sys
from expectations.without_spark import without_spark
with without_spark():
    from expectations.checkpoint import validate
assert not [name for name in sys.modules if name.startswith("pyspark")]
import pyspark
print(validate.__name__)
"""


def test_great_expectations_can_be_imported_where_the_main_module_has_no_file() -> None:
    outcome = subprocess.run([sys.executable, "-c", HIDDEN], capture_output=True, text=True, check=False)
    assert outcome.stdout.strip() == "validate", outcome.stderr
