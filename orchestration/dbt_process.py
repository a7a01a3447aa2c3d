"""dbt's own command, as a build calls it: `sijiku-dbt`.

dbt reads its project into some hundred thousand objects that stay until it ends, and Python walks through all of them
again and again while it looks for garbage among them: a fifth of what passes before the first model is made. So nothing
is looked for until the project is read; then `dbt_plugin` sets what is there aside and has Python look again.
"""

from __future__ import annotations

import gc


def main() -> None:
    """Run dbt with this process's arguments."""
    gc.disable()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
