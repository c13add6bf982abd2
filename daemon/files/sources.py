"""Where the operators' files lie: bytes read with a bound, folders listed by name, failures named in Vietnamese."""

from __future__ import annotations

from pathlib import Path

from daemon.errors import os_reason
from daemon.files.encoding import LARGEST
from daemon.files.nodes import Findings, Place

_STRAYS = (".yml", ".yaml.txt", ".yml.txt", ".yaml.docx")


def raw_bytes(path: Path, shown: str, findings: Findings) -> bytes | None:
    """Return at most one byte more than the largest file allowed; None with the reason in `findings`."""
    try:
        if not path.is_file():
            there = path.exists()
            findings.error(
                Place(shown),
                "không phải tệp; ghi đường dẫn đến tệp" if there else "không có tệp này; kiểm tra đường dẫn",
            )
            return None
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as exc:
        findings.error(Place(shown), f"không đọc được tệp ({os_reason(exc)}); kiểm tra quyền đọc")
        return None


def yaml_files(folder: Path, findings: Findings) -> list[Path]:
    """Return the *.yaml files of a folder by name, warning if there are none.

    Hidden ones are an editor's and are passed by; other endings that look meant are named.
    """
    shown = folder.name
    try:
        inside = sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda p: p.name)
    except FileNotFoundError:
        findings.error(Place(shown), "không có thư mục này; kiểm tra đường dẫn")
        return []
    except OSError as exc:
        findings.error(Place(shown), f"không đọc được thư mục ({os_reason(exc)}); kiểm tra quyền đọc")
        return []
    for path in inside:
        if path.name.lower().endswith(_STRAYS) or (path.suffix != ".yaml" and path.suffix.lower() == ".yaml"):
            findings.warn(Place(shown_name(path)), "tệp không được đọc vì tên không kết thúc bằng .yaml; đổi tên tệp")
    kept = [path for path in inside if path.suffix == ".yaml"]
    if not kept:
        findings.warn(Place(shown), "chưa có kế hoạch nào (tệp .yaml) trong thư mục này")
    return kept


def shown_name(path: Path) -> str:
    """Return a file as messages name it: with the folder it lies in."""
    return f"{path.parent.name}/{path.name}"
