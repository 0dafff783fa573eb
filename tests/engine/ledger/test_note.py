"""Signed notes against the examples of the specification, and against every changed byte."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.ledger.note import Checkpoint, SigningKey, VerifyingKey, peek, sign, verify

KEY = SigningKey("fireline.example/ledger", bytes(range(32)))
OTHER = SigningKey("fireline.example/ledger", bytes(32))
CHECKPOINT = Checkpoint("fireline.example/ledger", 61, bytes(range(100, 132)))
NOTE = sign(CHECKPOINT, KEY)
RING = (KEY.verifying,)

# The note and keys of Go's golang.org/x/mod/sumdb/note, by which C2SP specifies the form.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_keys_and_signatures_are_those_of_the_reference() -> None:
    key = SigningKey.parse(GO_SKEY)
    assert str(key.verifying) == GO_VKEY
    assert key.sign(GO_TEXT) == GO_LINE
    assert VerifyingKey.parse(GO_VKEY) == key.verifying


def test_a_checkpoint_reads_as_specified() -> None:
    text, signature = NOTE.split("\n\n")
    assert text == "fireline.example/ledger\n61\n" + base64.b64encode(CHECKPOINT.root).decode()
    assert signature.startswith("— fireline.example/ledger ")
    assert base64.b64decode(signature.split(" ")[2])[:4] == KEY.verifying.id


def test_a_note_is_opened_by_any_ring_that_holds_its_key() -> None:
    assert verify(NOTE, (OTHER.verifying, KEY.verifying)).checkpoint == CHECKPOINT
    assert verify(NOTE, RING).signers == RING
    assert peek(NOTE) == CHECKPOINT


def test_two_keys_may_sign_one_note() -> None:
    both = sign(CHECKPOINT, KEY, OTHER)
    assert verify(both, (OTHER.verifying, KEY.verifying)).signers == (KEY.verifying, OTHER.verifying)
    with pytest.raises(InvalidInput, match="a key outside the keyring"):
        verify(both, RING)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_change(place: int, flip: int) -> None:
    changed = bytearray(NOTE.encode())
    changed[place] ^= flip
    with pytest.raises(InvalidInput):
        verify(changed.decode(errors="surrogateescape"), RING)


def test_base64_has_one_spelling() -> None:
    """The last digit before `=` carries two bits that decode to nothing."""
    twin = NOTE[:-3] + chr(ord(NOTE[-3]) + 1) + NOTE[-2:]
    assert base64.b64decode(twin.split(" ")[-1]) == base64.b64decode(NOTE.split(" ")[-1])
    with pytest.raises(InvalidInput, match="a signature line is damaged"):
        verify(twin, RING)


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("", "not a signed note"),
        (CHECKPOINT.text, "not a signed note"),
        (CHECKPOINT.text + "\n", "not a signed note"),
        (NOTE.removesuffix("\n"), "not a signed note"),
        (NOTE + "\n", "not a signed note"),
        (NOTE.replace("— ", "- "), "not a signed note"),
        ("x" * 20000 + NOTE, "at most 16384 characters"),
        (NOTE + NOTE.split("\n\n")[1], "one key signed twice"),
        (CHECKPOINT.text + "\n" + OTHER.sign(CHECKPOINT.text), "a key outside the keyring"),
        (CHECKPOINT.text.replace("61", "62") + "\n" + KEY.sign(CHECKPOINT.text), "does not hold for this text"),
        (CHECKPOINT.text + "\n— fireline.example/ledger AAAA\n", "a signature line is damaged"),
    ],
)
def test_a_note_that_does_not_hold_is_refused_with_the_reason(note: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        verify(note, RING)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n61\n",
        "origin\n061\n" + "A" * 43 + "=\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n٣\n" + "A" * 43 + "=\n",
        "origin\n61\n" + "A" * 42 + "B=\n",
        "origin\n61\nAAAA\n",
        "\n61\n" + "A" * 43 + "=\n",
        "ori\x1bgin\n61\n" + "A" * 43 + "=\n",
        "origin\n61\n" + "A" * 43 + "=\nextension\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a checkpoint"):
        verify(text + "\n" + KEY.sign(text), RING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        str(KEY.verifying) + "\n",
        str(KEY.verifying).replace("+AQ", "+Ag"),
        "two words" + str(KEY.verifying).removeprefix(KEY.name),
        str(KEY.verifying).replace("fireline", "firelane"),
        KEY.to_text(),
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a public key"):
        VerifyingKey.parse(text)


def test_a_private_key_shows_itself_nowhere() -> None:
    secret = KEY.to_text().rpartition("+")[2]
    with pytest.raises(InvalidInput) as caught:
        SigningKey.parse(KEY.to_text().replace("ledger", "other"))
    assert secret not in str(caught.value)
    assert secret not in repr(KEY)
    assert str(bytes(range(32))) not in repr(KEY)
