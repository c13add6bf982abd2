"""Zalo's webhook signature by its published vectors, against every forgery that looks like one."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.zalo_signature import appsecret_proof, sign, verified

KEY = "unit-test-oa-secret"
APP = "1000000000000000001"
BODY_1 = (
    '{"event_name":"user_send_text","app_id":"1000000000000000001","sender":{"id":"2000000000000000002"},'
    '"recipient":{"id":"3000000000000000003"},"message":{"text":"xin chào","msg_id":"m-0001"},'
    '"timestamp":"1700000000123"}'
).encode()
MAC_1 = "d9ed3878e68f664bc713a058e56296eb39b86e1e251ee684a711e0e623bb1c0c"
HMAC_1 = "cbe739fedd45f4fd22fd4fc6fd4a4fa58950e9ae310fabf5d4f412930faaaa8e"
BODY_2 = (
    b'{"sender":{"id":"3000000000000000003"},"recipient":{"id":"84900000001"},"event_name":"user_received_message",'
    b'"message":{"delivery_time":"1700000005000","msg_id":"z-0001","tracking_id":"rem-42-1"},'
    b'"app_id":"1000000000000000001","timestamp":"1700000005123"}'
)
MAC_2 = "c86380d9665a1a2e9a42621f97745ecb22b746dc04ae0625289a115b6cdd1266"
VECTORS = [(BODY_1, "1700000000123", MAC_1), (BODY_2, "1700000005123", MAC_2)]


@pytest.mark.parametrize(("body", "timestamp", "mac"), VECTORS)
def test_the_published_vectors(body: bytes, timestamp: str, mac: str) -> None:
    """Made and verified: with `mac=` or without, in either case."""
    assert sign(APP, body, timestamp, KEY) == mac
    for header in (f"mac={mac}", mac, f"mac={mac.upper()}", f"MAC={mac}"):
        assert verified(header, body, KEY)


def test_the_hmac_variant_is_refused() -> None:
    """A widespread mistake, and the vector that shows it is one."""
    assert hmac.new(KEY.encode(), BODY_1, hashlib.sha256).hexdigest() == HMAC_1
    assert not verified(f"mac={HMAC_1}", BODY_1, KEY)


@pytest.mark.parametrize(
    "body",
    [
        BODY_1.replace(b"m-0001", b"m-0002"),
        BODY_1 + b"\n",
        json.dumps(json.loads(BODY_1)).encode(),  # the same document, written down anew
        BODY_1.replace("à".encode(), b"\\u00e0"),
        BODY_1.replace(b"1700000000123", b"1700000000124"),
        BODY_2,
    ],
)
def test_other_bytes_are_refused(body: bytes) -> None:
    """The signature is over the bytes as received; not one may differ."""
    assert not verified(f"mac={MAC_1}", body, KEY)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "mac=", f"mac={MAC_1[:-1]}", f"mac={MAC_1}0", f"mac= {MAC_1}", f"mac={MAC_1}\n", f"sha256={MAC_1}",
        f"mac={MAC_2}", f"mac=mac={MAC_1}", f"mac={MAC_1[:-1]}ⅽ", f"mac={MAC_1[:-1]}ç", f"mac={MAC_1},mac={MAC_1}",
    ],
)  # fmt: skip
def test_other_headers_are_refused(header: str | None) -> None:
    """Also those whose letters only look like hex digits."""
    assert not verified(header, BODY_1, KEY)


@pytest.mark.parametrize("secret", ["", " ", "another secret", KEY + " "])
def test_another_secret_or_none_verifies_nothing(secret: str) -> None:
    """Without a secret everybody could sign: nothing is let in."""
    assert not verified(f"mac={MAC_1}", BODY_1, secret)
    assert not verified(f"mac={sign(APP, BODY_1, '1700000000123', '')}", BODY_1, "")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"timestamp":"1"}', b'{"app_id":"1"}',
        b'{"app_id":"","timestamp":"1"}', b'{"app_id":true,"timestamp":"1"}', b'{"app_id":"1","timestamp":1.5}',
        b'{"app_id":["1"],"timestamp":"1"}', b'{"app_id":"\\ud800","timestamp":"1"}',
    ],
)  # fmt: skip
def test_bodies_that_are_no_event_are_refused_quietly(body: bytes) -> None:
    """No input raises."""
    assert not verified(f"mac={MAC_1}", body, KEY)


def test_a_number_counts_as_its_digits() -> None:
    """The signature is over the text of the timestamp, however JSON carried it."""
    body = BODY_1.replace(b'"1700000000123"', b"1700000000123")
    assert verified(sign(APP, body, "1700000000123", KEY), body, KEY)


@given(st.one_of(st.none(), st.text()), st.binary(), st.text(st.characters()))
def test_nothing_raises_and_nothing_passes(header: str | None, body: bytes, secret: str) -> None:
    """Whatever is sent, the answer is no."""
    assert verified(header, body, secret) is False


@given(st.dictionaries(st.text(), st.text()), st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_what_is_signed_is_verified(more: dict[str, str], app_id: str, timestamp: str, secret: str) -> None:
    """For any event and any key that is not blank."""
    body = json.dumps(more | {"app_id": app_id, "timestamp": timestamp}, ensure_ascii=False).encode()
    assert verified(f"mac={sign(app_id, body, timestamp, secret)}", body, secret) is bool(secret.strip())


def test_the_proof_of_a_token() -> None:
    """The published vector: HMAC here, keyed with the app's secret."""
    proof = "7025a612250a088dbaa2ef917650559eb48f17bb39059b021a28b89ec25ca61d"
    assert appsecret_proof("AT-1", "unit-test-app-secret") == proof
