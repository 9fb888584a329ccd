"""A feed's bytes as UTF-8, whatever they were and whatever they claim to be."""

from __future__ import annotations

import codecs
import re

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
_BARE = (  # "<" followed by anything ASCII, without a mark (XML 1.0, appendix F)
    (re.compile(rb"<\0\0\0.\0\0\0", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0.", re.DOTALL), "utf-32-be"),
    (re.compile(rb"<\0.\0", re.DOTALL), "utf-16-le"),
    (re.compile(rb"\0<\0.", re.DOTALL), "utf-16-be"),
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_CYRILLIC = frozenset({"be", "bg", "ru", "uk"})
_ASCII = bytes(range(128))
_CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\n\r")))  # what XML 1.0 forbids
_STEP = 1024 * 1024
_FEW = 20  # one bad byte among so many that are not ASCII is an accident, not another charset
# Charsets that agree with ASCII; Python knows more, and some of them run code-like escapes.
_KNOWN = re.compile(r"iso|latin|windows|cp12|cp86|koi8|mac|gb|big5|euc|shift|sjis|ks_c", re.I)


def to_utf8(document: bytes, content_type: str = "", language: str | None = None) -> bytes:
    """The document in UTF-8, without a byte order mark and without control characters.

    A byte order mark wins. Bytes that are valid UTF-8 but for a few are UTF-8, since no other
    text looks like it by accident. Only then the charset of ``content_type`` and the XML
    declaration are believed, in this order (RFC 7303). Text without any statement is taken for
    Windows-1251 in languages that used it, and for Windows-1252 in others.
    """
    text = _decode(document, content_type, language)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    return data.translate(None, _CONTROLS)


def _decode(document: bytes, content_type: str, language: str | None) -> str | bytes:
    for mark, name in _BOMS:
        if document.startswith(mark):
            return document[len(mark) :].decode(name, "replace")
    for pattern, name in _BARE:
        if pattern.match(document):
            return document.decode(name, "replace")
    header, declared = _CHARSET.search(content_type), _DECLARED.match(document)
    names = [header[1]] if header else []
    names += [declared[1].decode("ascii")] if declared else []
    if b"\x1b" not in document or not any(name.lower().startswith("iso-2022") for name in names):
        if _is_utf8(document):
            return document
        text = document.decode("utf-8", "replace")
        if text.count("\ufffd") * _FEW <= len(document.translate(None, _ASCII)):
            return text
    for name in filter(_KNOWN.match, names):
        try:
            return document.decode(name)
        except (LookupError, ValueError):
            continue
    return document.decode("cp1251" if language in _CYRILLIC else "cp1252", "replace")


def _is_utf8(document: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(document), _STEP):  # a piece at a time: text takes up to 4 times
            decoder.decode(document[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
