"""Which mailbox is read, as the settings say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.domain.settings import Mailbox
from daemon.managers.mailbox_reader import folder_name, open_reader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.office import Office


async def test_the_reader_is_the_one_the_settings_name(report: Office, tmp_path: Path) -> None:
    """None without a mailbox; its place is kept under a name that tells no address."""
    app = report.app
    assert open_reader(report.settings, app.database, report.salts, ()) is None
    secret = tmp_path / "mk"
    secret.write_text("canary", "utf-8")
    secret.chmod(0o600)
    mailbox = Mailbox("imap.example", "dondoc@so.example", secret)
    found = open_reader(replace(report.settings, mailbox=mailbox), app.database, report.salts, ())
    assert found is not None
    assert "canary" not in repr(vars(found.source))
    assert folder_name(mailbox) != folder_name(replace(mailbox, folder="Khac"))
    assert len(folder_name(mailbox)) == 16
