"""`sijiku key`: the key of files that hold persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_parts import WorkdirOption, say
from sources.workdir import Workdir

app = typer.Typer(
    name="key",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""加密密钥。The key of the working warehouse and the restricted library.

    The key in use comes from a file that SIJIKU_KEY_FILE names, its owner's only, or from SIJIKU_KEY.

    **例 Example**

    ```
    (umask 077; openssl rand -base64 32 > /etc/sijiku/key.new)
    sijiku key rotate --new-key-file /etc/sijiku/key.new --workdir var/library
    ```""",
)


@app.callback()
def root() -> None:
    """What is done with the key is a sub-command."""


@app.command("rotate")
def rotate_key(
    workdir: WorkdirOption,
    new_key_file: Annotated[
        Path, typer.Option(help="新密钥文件，仅属主可读 The new key's file, its owner's only.", show_default=False)
    ],
) -> None:
    """更换密钥，或首次加密。Change the key, or encrypt a library that was not.

    The working warehouse and the restricted file of every published build are copied under the new key and then take
    their places; the old key comes from SIJIKU_KEY_FILE or SIJIKU_KEY, if there is one. A rotation that was cut off is
    gone on with by the same command. Set SIJIKU_KEY_FILE to the new file afterwards.

    **例 Example**

    ```
    SIJIKU_KEY_FILE=/etc/sijiku/key sijiku key rotate --new-key-file /etc/sijiku/key.new --workdir var/library
    ```
    """
    from serving.rotation import rotate
    from sources.encryption import read_key_file

    home = Workdir(workdir)
    key = read_key_file(new_key_file)
    with home.lock(may_be_rekeying=True):
        files = rotate(home, key)
    say(f"已换密钥 under the new key: {len(files)} 个文件 files。请将 SIJIKU_KEY_FILE 指向 Set it to {new_key_file}")
