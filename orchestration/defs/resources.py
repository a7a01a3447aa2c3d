"""Resources of every run. Paths come from the environment in the UI and from the command line in the command."""

import dagster as dg

from orchestration import dbt
from orchestration.resources import Dbt, LibraryResource


@dg.definitions
def resources() -> dg.Definitions:
    """The library, and dbt."""
    return dg.Definitions(
        resources={
            "library": LibraryResource(workdir=dg.EnvVar("SIJIKU_WORKDIR"), landing=dg.EnvVar("SIJIKU_LANDING")),
            "dbt_cli": Dbt(
                project_dir=str(dbt.PROJECT), profiles_dir=str(dbt.PROJECT), dbt_executable=dbt.executable()
            ),
        }
    )
