"""Several mail servers: each letter goes by the one for its recipient's domain, at that server's own pace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.domain.words import Channel
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings
from daemon.roads import named_roads, rates
from notifiers.base import Message, Routed
from notifiers.mail_servers import MailServer, MailServers
from notifiers.memory import MemoryNotifier
from tests.support.office import office_files

MORE = """
thu-rieng:
  - may-chu: mail-noi-bo.example
    mien-nguoi-nhan: [tinh.example, Huyen.Example]
    moi-giay: 50
    moi-gio: không giới hạn
"""


def written(folder: Path, more: str) -> Path:
    """Return the shipped settings with more lines at their end."""
    path = office_files(folder)
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    return path


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("a@so.example", "email"),
        ("a@tinh.example", "email 2"),
        ("a@so-tu-phap.TINH.example", "email 2"),
        ("a@xtinh.example", "email"),
        ("a@rieng.tinh.example", "email 3"),
        ("a@example", "email"),
    ],
)
async def test_the_domain_decides(address: str, name: str) -> None:
    """The longest domain named wins; what lies under a domain belongs to it; the rest goes by the general server."""
    carriers = [MemoryNotifier(one) for one in ("email", "email 2", "email 3")]
    domains = ((), ("tinh.example",), ("rieng.tinh.example",))
    servers = MailServers([MailServer(c.name, c, d) for c, d in zip(carriers, domains, strict=True)])
    assert isinstance(servers, Routed)
    assert servers.route(address) == name
    assert servers.routes() == ("email", "email 2", "email 3")

    async def before_dot() -> None:
        """Nothing to write down."""

    await servers.deliver(Message("k", address, b"thu"), before_dot)
    assert [carrier.name for carrier in carriers if carrier.accepted] == [name]
    await servers.aclose()


def test_each_server_has_its_own_pace(tmp_path: Path) -> None:
    """What the general server allows says nothing about the others."""
    settings = load_settings(written(tmp_path, MORE))
    (own,), general = settings.smtp_more, settings.smtp
    assert general is not None
    assert own.domains == ("tinh.example", "huyen.example")
    found = rates(settings)
    assert {name: (rate.per_second, rate.per_hour) for name, rate in found.items()} == {
        f"email {general.host}": (5.0, 300),
        "email mail-noi-bo.example": (50.0, None),
    }
    assert named_roads(settings).names() == found.keys()
    assert named_roads(settings).route(Channel.EMAIL, "a@huyen.example") == "email mail-noi-bo.example"
    twice = replace(settings, smtp_more=(own, replace(own, domains=("khac.example",))))
    assert "email mail-noi-bo.example (2)" in rates(twice)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("thu-rieng:\n  - may-chu: a.example\n", "mien-nguoi-nhan"),
        (
            "thu-rieng:\n  - {may-chu: a.example, mien-nguoi-nhan: [x.example]}\n"
            "  - {may-chu: b.example, mien-nguoi-nhan: [X.example]}\n",
            "tên miền “x.example” đã có máy chủ riêng khác; mỗi tên miền chỉ một máy chủ",
        ),
    ],
)
def test_refused(tmp_path: Path, more: str, message: str) -> None:
    """A server of its own names its domains, and no two name the same."""
    with pytest.raises(FilesRefused) as refused:
        load_settings(written(tmp_path, more))
    (problem,) = refused.value.problems
    assert message in str(problem)
    assert str(problem).startswith("dondoc.yaml:")


def test_the_general_server_names_no_domain(tmp_path: Path) -> None:
    """A letter to any other domain would have no server."""
    path = office_files(tmp_path)
    said = path.read_text("utf-8").replace("  cong: 587\n", "  cong: 587\n  mien-nguoi-nhan: [tinh.example]\n", 1)
    path.write_text(said, "utf-8")
    with pytest.raises(FilesRefused, match="máy chủ chung gửi đến mọi nơi"):
        load_settings(path)
