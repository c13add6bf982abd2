"""A token is told from any that somebody made up, wherever it stands and however its letters were folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.judgement.bounce_tokens import bounce_address, delivery_of, fingerprint, token_of, tokens_in

KEY, OTHER = b"k" * 32, b"o" * 32
SENDER = "nhac-viec@so.example"


@given(st.integers(1, 10**17), st.binary(min_size=32, max_size=32))
def test_a_token_names_its_delivery_to_whoever_has_the_key(delivery: int, key: bytes) -> None:
    """In capitals too, for a mail system may fold case."""
    token = token_of(delivery, key)
    assert delivery_of(token, key) == delivery_of(token.upper(), key) == delivery


@given(st.text(max_size=40))
def test_nothing_else_is_a_token(text: str) -> None:
    """Whatever is not what `token_of` writes names nothing."""
    assert delivery_of(text, KEY) is None or text.lower() == token_of(int(text.partition("-")[0]), KEY)


@pytest.mark.parametrize(
    "forged",
    [
        token_of(7, OTHER),
        token_of(7, KEY).replace("7-", "8-"),
        token_of(7, KEY)[:-1],
        f"0{token_of(7, KEY)}",
        f"{token_of(7, KEY)}=",
        f" {token_of(7, KEY)}",
        "7-",
        "",
        "²-aaaaaaaaaaaaaaaa",
    ],
)
def test_a_forged_token_names_nothing(forged: str) -> None:
    """Another key's, another delivery's, one cut short or dressed up."""
    assert delivery_of(forged, KEY) is None


def test_the_envelope_sender_is_the_plus_address_or_one_of_the_domain_of_reports() -> None:
    """Its From stays the account: this is the envelope alone."""
    token = token_of(12, KEY)
    assert bounce_address(SENDER, 12, KEY) == f"nhac-viec+{token}@so.example"
    assert bounce_address(SENDER, 12, KEY, "bao-loi.so.example") == f"{token}@bao-loi.so.example"


def test_a_local_part_that_would_be_too_long_is_not_made() -> None:
    """RFC 5321 gives it 64 octets."""
    at_most = "a" * (64 - len(f"+{token_of(1, KEY)}"))
    assert bounce_address(f"{at_most}@so.example", 1, KEY) is not None
    assert bounce_address(f"{at_most}a@so.example", 1, KEY) is None


def test_tokens_are_found_in_the_addresses_a_message_was_sent_to() -> None:
    """Among other people's addresses, once each, in small letters."""
    texts = (
        "Nhắc việc <Nhac-Viec+7-ABC@so.example>, x+7-zzz@so.example",
        "nhac-viec+7-abc@so.example nhac-viec@so.example",
        "nhac-viec+9-abc@khac.example, 5-def@bao-loi.example",
    )
    assert tokens_in(texts, SENDER) == ("7-abc",)
    assert tokens_in(texts, SENDER, "Bao-Loi.example") == ("7-abc", "5-def")


def test_a_fingerprint_knows_an_address_again_without_telling_it() -> None:
    """Case and blanks at the ends are not another address; another key's fingerprint is another."""
    assert fingerprint(" Dau-Moi@so.example", KEY) == fingerprint("dau-moi@so.example", KEY)
    assert fingerprint("dau-moi@so.example", KEY) != fingerprint("dau-moi2@so.example", KEY)
    assert fingerprint("dau-moi@so.example", KEY) != fingerprint("dau-moi@so.example", OTHER)
    assert "dau-moi" not in fingerprint("dau-moi@so.example", KEY)
