"""Resources of every run. Paths come from the environment in the UI and from the command line in the command."""

import dagster as dg

from orchestration import dbt
from orchestration.resources import Dbt, LandingResource, LibraryResource


@dg.definitions
def resources() -> dg.Definitions:
    """The library, and dbt."""
    return dg.Definitions(
        # For what is materialised by hand, too: the warehouse has one writer.
        executor=dg.in_process_executor,
        resources={
            "library": LibraryResource(
                workdir=dg.EnvVar("SIJIKU_WORKDIR"),
                landing=dg.EnvVar("SIJIKU_LANDING"),
                spares_uploads=True,
                pull_retries=3,
            ),
            "landing": LandingResource(workdir=dg.EnvVar("SIJIKU_WORKDIR"), landing=dg.EnvVar("SIJIKU_LANDING")),
            "dbt_cli": Dbt(
                project_dir=str(dbt.PROJECT), profiles_dir=str(dbt.PROJECT), dbt_executable=dbt.executable()
            ),
        },
    )
