"""What others wrote is read up to a limit, whatever it claims: the limits hold, memory stays small, and what real
products have passes.
"""

from __future__ import annotations

import doctest
import os
import tracemalloc

import pytest

from estran import bounded_xml, bounds
from estran.bounded_xml import parse_xml, read_xml
from estran.errors import BadGraph, BadProduct, EstranError


def test_examples():
    assert doctest.testmod(bounds).failed == 0


# ---------------------------------------------------------------- XML


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("UTF-8", "é中"),
        ("UTF-16", "é中"),
        ("ISO-8859-1", "é"),
        ("windows-1252", "€"),
        ("GBK", "中"),
        ("Shift_JIS", "日"),
        ("koi8-r", "ж"),
    ],
)
def test_declared_encodings_are_obeyed(encoding, text):
    root = parse_xml(f'<?xml version="1.0" encoding="{encoding}"?>\n<a b="{text}">{text}</a>'.encode(encoding), "x")
    assert (root.text, root.get("b")) == (text, text)


@pytest.mark.parametrize("encoding", ["UTF8", "utf_8", "ISO-8859-1", "windows-1252", "UTF-16"])
def test_a_mark_of_utf8_is_stronger_than_the_declaration_and_utf8_has_other_names(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?><a b="é中">é中</a>'
    root = parse_xml(text.encode("utf-8-sig"), "x")
    assert (root.text, root.get("b")) == ("é中", "é中")
    if encoding.lower().startswith("utf") and encoding != "UTF-16":
        assert parse_xml(text.encode("utf-8"), "x").text == "é中"


def test_text_is_taken_whatever_it_declares():
    assert parse_xml('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', "x").text == "é"


def test_names_with_their_namespace_and_text_in_its_place():
    root = parse_xml('<a xmlns="u" xmlns:k="v" k:b="1" c="2">x<!-- no --><k:d/>y<![CDATA[<z>]]></a>', "x")
    assert (root.tag, dict(root.attrib), root.text) == ("{u}a", {"{v}b": "1", "c": "2"}, "x")
    assert [(child.tag, child.tail) for child in root] == [("{v}d", "y<z>")]


REFUSED = {
    "a document type": (lambda: b"<!DOCTYPE a><a/>", "document type"),
    "entities": (lambda: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "document type"),
    "a document type in UTF-16": (lambda: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), "document type"),
    "too deep": (lambda: b"<a>" * (bounded_xml.DEPTH + 1) + b"</a>" * (bounded_xml.DEPTH + 1), "nests too deep"),
    "too many elements": (lambda: b"<r>" + b"<a/>" * bounded_xml.ELEMENTS + b"</r>", "too many elements"),
    "too many attributes": (
        lambda: b"<r>" + b'<a b="" c="" d="" e="" f="" g="" h="" i=""/>' * (bounded_xml.ATTRIBUTES // 8 + 1) + b"</r>",
        "attributes",
    ),
    "one endless tag": (lambda: b"<r " + b" ".join(b'a%d=""' % i for i in range(10**6)) + b"/>", "tag or comment"),
    "a namespace that every name repeats": (
        lambda: b'<r xmlns="' + b"u" * 10**6 + b'">' + b"".join(b"<a%d/>" % i for i in range(10**4)) + b"</r>",
        "name",
    ),
    "too large": (lambda: b"<r>" + b" " * bounds.XML_BYTES + b"</r>", "too large"),
    "cut": (lambda: b"<r><a>", "no well-formed XML"),
    "empty": (lambda: b"", "no well-formed XML"),
    "an unknown encoding": (lambda: b'<?xml version="1.0" encoding="nothing"?><a/>', "unknown encoding"),
    "an encoding of Python's own": (lambda: b'<?xml version="1.0" encoding="punycode"?><a/>', "unknown encoding"),
    "a lone surrogate": (lambda: "<a>\udc80</a>", "no well-formed XML"),
    "bytes that are not its encoding": (
        lambda: b'<?xml version="1.0" encoding="GBK"?><a>\xff\xff</a>',
        "no well-formed XML",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    make, told = REFUSED[case]
    with pytest.raises(BadGraph, match=told) as refused:
        parse_xml(make(), "a.xml", what="the graph", error=BadGraph)
    assert str(refused.value).startswith("the graph ")


def test_the_limits_are_not_one_short():
    assert len(parse_xml(b"<r>" + b"<a/>" * (bounded_xml.ELEMENTS - 1) + b"</r>", "x")) == bounded_xml.ELEMENTS - 1
    assert parse_xml(b"<a>" * bounded_xml.DEPTH + b"</a>" * bounded_xml.DEPTH, "x").tag == "a"


def test_a_bomb_costs_no_memory(monkeypatch):
    monkeypatch.setattr(bounded_xml, "ELEMENTS", 1000)
    bomb = b"<r>" + b"<a>x</a>" * 200_000 + b"</r>"
    tracemalloc.start()
    with pytest.raises(BadProduct):
        parse_xml(bomb, "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * len(bomb), "the elements beyond the limit are not built"


# ---------------------------------------------------------------- files


def test_files_up_to_the_limit(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf12345")
    assert bounds.read_text(path, 8) == "12345"
    with pytest.raises(BadProduct, match="at most 7 bytes"):
        bounds.read_text(path, 7)


def test_what_cannot_be_read_is_a_sentence(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    for path, told in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "no ordinary file"),
        (tmp_path / "latin.txt", "UTF-8"),
    ):
        with pytest.raises(EstranError, match=told):
            bounds.read_text(path, 10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.xml")
    with pytest.raises(BadProduct, match="no ordinary file"):
        read_xml(tmp_path / "pipe.xml")
