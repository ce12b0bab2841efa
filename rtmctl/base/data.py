"""The data folders the package carries: at the top of a checkout, below `rtmctl/data` in an installed wheel."""

from pathlib import Path

from rtmctl.base.errors import PermanentError

_PACKAGE = Path(__file__).parents[1]


def data_folder(name: str) -> Path:
    """The folder `drills`, `templates`, `inventories`, `playbooks` or `stacks`.

    Raises:
        PermanentError: the installation is incomplete.
    """
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise PermanentError(f"this installation of rtmctl lacks its {name}", hint="install it again")
