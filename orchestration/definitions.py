"""The graph from delivery to published library: everything in `defs/`, composed."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and resources."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
