"""Recognises Vietnamese typed in the old TCVN3 and VNI fonts ("KÕ ho¹ch", "Keá hoaïch"), which Unicode shows as noise.

A text is called old when it holds letters Vietnamese does not have and reading it by an old table makes every
marked word a Vietnamese syllable, or when signs such as ¹ stand inside a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_TCVN3 = str.maketrans(
    "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)
_TONES = "\u0301\u0300\u0309\u0303\u0323"  # sắc, huyền, hỏi, ngã, nặng
_CIRCUMFLEX = "\u0302"
_BREVE = "\u0306"
_SIGNS_INSIDE = re.compile("[A-Za-z][¡-®µ¶¸¹»-¾]+[A-Za-z]")
_UNIT = re.compile(r"µ(?=[A-Za-z]\b)")  # 5 µm
_MODERN = re.compile("[ĂăĐđƠơƯưŨũĨĩ\u1ea0-\u1ef9]")
_NOT_VIETNAMESE = re.compile("[ÄÅÆÇËÎÏÐÑÖ×ØÛÜÞßäåæçëîïðñö÷øûüþ¡-®µ-¹»-¾]")
_WORD = re.compile(r"[^\W\d_]+")
_SYLLABLE = re.compile(
    "(b|c|ch|d|đ|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x)?"
    "(a|ă|â|e|ê|i|o|ô|ơ|u|ư|y|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|iêu|oa|oă|oe|oai|oay|oi|ôi|ơi|ua|uâ|uê|ui|uô|uôi|uơ|uy|"
    "uya|uyê|uây|ưa|ưi|ươ|ươi|ươu|ưu|yê|yêu)(c|ch|m|n|ng|nh|p|t)?"
)


def _vni_pairs() -> Iterator[tuple[str, str]]:
    tones = dict(zip("ùøûõï", _TONES, strict=True))
    yield from {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ", "ô": "ơ", "ö": "ư"}.items()
    for base in "aeo":
        yield f"{base}â", base + _CIRCUMFLEX
        yield from ((base + mark, base + _CIRCUMFLEX + tone) for mark, tone in zip("áàåãä", _TONES, strict=True))
    yield "aê", "ă"
    yield from (("a" + mark, "a" + _BREVE + tone) for mark, tone in zip("éèúüë", _TONES, strict=True))
    for typed, base in zip("aeouyôö", "aeouyơư", strict=True):
        yield from ((typed + mark, base + tone) for mark, tone in tones.items())


_VNI = {typed: unicodedata.normalize("NFC", read) for typed, read in _vni_pairs()}
_VNI |= {typed.upper(): read.upper() for typed, read in _VNI.items()}
_VNI_TYPED = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))


def _bare(word: str) -> str:
    marks = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in marks if char not in _TONES))


def _reads_well(text: str, read: str) -> bool:
    """Say whether every marked word of `read` is a syllable while some word of `text` is not."""
    marked = [word for word in _WORD.findall(read) if not word.isascii() and len(word) > 1]
    return (
        bool(marked)
        and all(_SYLLABLE.fullmatch(_bare(word)) for word in marked)
        and not all(_SYLLABLE.fullmatch(_bare(word)) for word in _WORD.findall(text))
    )


def old_font(text: str) -> str | None:
    """Return how a text in an old font would read ("Kế hoạch"; "" if that cannot be told), None for any other text."""
    text = _UNIT.sub("", text)
    if not _NOT_VIETNAMESE.search(text):
        return None
    readings = (text.translate(_TCVN3), _VNI_TYPED.sub(lambda m: _VNI[m.group()], text))
    for read in readings:
        if not _MODERN.search(text) and not _NOT_VIETNAMESE.search(read) and _reads_well(text, read):
            return read
    return "" if _SIGNS_INSIDE.search(text) else None
