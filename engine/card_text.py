"""Text from outside as cards show it: data, and nothing else; pure.

Rules: 1. One line, without control characters, directions, mentions or markup (`engine.outgoing.clean`). 2. Nothing in
it is a link: schemes are spelled `hxxp` or `ftp[:]`, and names of hosts `evil[.]example`. 3. A name that mixes other
letters into Latin ones shows those by number, for they look alike. 4. Everything has a length, and is cut before it is
looked at.
"""

import re

from engine.outgoing import clean

LENGTH = 300
SCHEME = re.compile(r"(?i)\b(h)tt(ps?)(?=\s*:)")
COLON = re.compile(r"(?i)(?<=\w)(?<!\bhxxp)(?<!\bhxxps):(?=//)|(?<=\btel):|(?<=\bsip):|(?<=\bsips):|(?<=\bmailto):")
"""After any other scheme that opens something."""
DOT = re.compile(r"(?<=[^\W\d_])[.\u3002\uff0e\uff61](?=\w)|(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_])")
"""A dot in a name, also one that browsers take for it: letters beside it, so that addresses and numbers stay."""
WORD = re.compile(r"\S+")
LATIN = re.compile(r"[A-Za-z]")


def shown(text: str, length: int = LENGTH) -> str:
    """This text as data, at most `length` characters of it."""
    plain = clean(text[: 2 * length], 2 * length)
    safe = DOT.sub("[.]", COLON.sub("[:]", SCHEME.sub(r"\1xx\2", WORD.sub(_by_number, plain))))
    return safe if len(safe) <= length else safe[: length - 1] + "…"


def _by_number(found: re.Match[str]) -> str:
    word = found.group()
    if word.isascii() or not LATIN.search(word):
        return word
    return "".join(f"[U+{ord(letter):04X}]" if _is_strange(letter) else letter for letter in word)


def _is_strange(letter: str) -> bool:
    # Below this Unicode has Latin letters with their accents, as names of people and places have them.
    return letter.isalpha() and ord(letter) >= 0x250
