"""`sijiku key`: the key of files that hold persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from orchestration.cli_parts import WorkdirOption, say
from sources.workdir import Workdir

app = typer.Typer(
    name="key",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""加密密钥。The key of the files that hold persons.

    That is raw zone, quarantine and state, the working warehouse, the restricted library, and intermediate files.

    The key in use comes from a file that SIJIKU_KEY_FILE names, its owner's only, or from SIJIKU_KEY.

    **例 Examples**

    ```
    (umask 077; openssl rand -base64 32 > /etc/sijiku/key.new)
    sijiku key rotate --new-key-file /etc/sijiku/key.new --workdir var/library
    sijiku key status --workdir var/library
    ```""",
)


@app.callback()
def root() -> None:
    """What is done with the key is a sub-command."""


@app.command("status")
def show_status(workdir: WorkdirOption) -> None:
    """哪些已加密。What of a library is encrypted, and the id of the key in use, which a backup's manifest names too.

    A key that does not open the library's files is an error.

    **例 Example**

    ```
    SIJIKU_KEY_FILE=/etc/sijiku/key sijiku key status --workdir var/library
    ```
    """
    from serving.rotation import standing
    from sources.encryption import configured_key, key_id

    home, console = Workdir(workdir), Console()
    parts = standing(home)
    table = Table(
        "部分 Part",
        "已加密\nencrypted",
        "未加密\nin the clear",
        title="含个人的文件 Files that hold persons",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
    )
    for part in parts:
        table.add_row(part.name, str(part.encrypted), str(part.plain))
    console.print(table)
    key = configured_key()
    console.print(f"密钥编号 Key: {key_id(key) if key else '无 none'}", highlight=False)
    if key and any(part.plain for part in parts):
        console.print(
            "未加密的可用现有密钥加密 Encrypt the rest: sijiku key rotate --new-key-file FILE --workdir DIR",
            highlight=False,
        )


@app.command("rotate")
def rotate_key(
    workdir: WorkdirOption,
    new_key_file: Annotated[
        Path, typer.Option(help="新密钥文件，仅属主可读 The new key's file, its owner's only.", show_default=False)
    ],
) -> None:
    """更换密钥，或首次加密。Change the key, or encrypt what is not.

    Every file of raw zone, quarantine and state, and the restricted file of every published build, is copied under the
    new key and then takes its place; there must be room for that. The working warehouse goes: the next build is a full
    one. The old key comes from SIJIKU_KEY_FILE or SIJIKU_KEY, if there is one. A rotation that was cut off is gone on
    with by the same command. Set SIJIKU_KEY_FILE to the new file afterwards, and back up: backups from before want the
    old key.

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
