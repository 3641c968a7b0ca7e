"""Properties files: read as Java reads them (its documentation's examples, and Java itself where there is one), edited
byte by byte.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.adapters.snap.setup.properties import edit_properties, entries, is_utf8, read_properties
from estran.errors import EstranError

# The examples of java.util.Properties.load in the documentation of Java SE, and the corners of its text.
CASES = {
    b"Truth = Beauty\n Truth:Beauty\nTruth                    :Beauty\n": {"Truth": "Beauty"},
    b"fruits                           apple, banana, pear, \\\n                                  cantaloupe, "
    b"watermelon, \\\n  kiwi, mango\n": {"fruits": "apple, banana, pear, cantaloupe, watermelon, kiwi, mango"},
    b"cheeses\n": {"cheeses": ""},
    b"\\:\\=\n": {":=": ""},
    b"# comment\n   ! comment\n\nkey\\ with\\ blanks = a\\tb\n": {"key with blanks": "a\tb"},
    b"# no continuation \\\nkey=value": {"key": "value"},
    b"snap.pythonExecutable=C:\\\\Python311\\\\python.exe\r\n": {"snap.pythonExecutable": "C:\\Python311\\python.exe"},
    b"path=C:\\Data\n": {"path": "C:Data"},
    b"a=caf\\u00e9 \\u65E5\\ud83d\\ude00\n": {"a": "caf\u00e9 \u65e5\U0001f600"},
    b"a=caf\xc3\xa9\n": {"a": "caf\u00e9"},
    b"a=ends in two \\\\\nb=1\n": {"a": "ends in two \\", "b": "1"},
    b"a=1\\\r\n   2\rb=3\n": {"a": "12", "b": "3"},
    b"a=trailing blanks  \n": {"a": "trailing blanks  "},
    b"a==b\nc = :d\n": {"a": "=b", "c": ":d"},
    b"=empty key\n": {"": "empty key"},
    b"a=1\na=2\n": {"a": "2"},
    b"last=\\": {"last": ""},
    b"": {},
}


@pytest.mark.parametrize(("data", "expected"), CASES.items())
def test_read(data, expected):
    assert read_properties(data) == expected


def test_a_broken_escape_is_a_sentence():
    """What Windows users write: Java stops at it, so SNAP reads nothing of the file."""
    with pytest.raises(EstranError, match=r"broken \\u escape \(in s.properties\)"):
        read_properties(b"snap.pythonExecutable=C:\\users\\ada\\python.exe\n", "s.properties")


def test_edit_leaves_every_other_byte():
    before = (
        b"# mine: caf\xe9 in Latin-1\r\n! more\r\nother : x\\\r\n   y\r\nsnap.pythonExecutable = old\\\r\n  "
        b"er\r\n\r\nlast=1"
    )
    after = edit_properties(
        before, {"snap.pythonExecutable": "C:\\Python311\\python.exe", "snap.pythonModuleDir": "D:\\caf\u00e9 \u65e5"}
    )
    assert after == (
        b"# mine: caf\xe9 in Latin-1\r\n! more\r\nother : x\\\r\n   y\r\nsnap.pythonExecutable = "
        b"C:\\\\Python311\\\\python.exe\r\n\r\nlast=1"
        b"\r\nsnap.pythonModuleDir = D:\\\\caf\\u00E9 \\u65E5\r\n"
    )


def test_what_is_so_already_is_not_touched():
    before = b"a:1\n  b   2\n"
    assert edit_properties(before, {"a": "1", "b": "2", "c": None}) == before


def test_a_key_that_stands_twice_is_set_once():
    assert edit_properties(b"a=1\nb=2\na=3\n", {"a": "4"}) == b"b=2\na = 4\n"
    assert edit_properties(b"a=1\nb=2\na=3\n", {"a": None}) == b"b=2\n"


@pytest.mark.parametrize("data", [b"last=\\", b"last=\\\n", b"last=\\\n  # no comment"])
def test_a_file_that_ends_in_a_back_slash(data):
    """The new key does not become the end of the last value."""
    assert read_properties(edit_properties(data, {"new": "1"})) == {**read_properties(data), "new": "1"}


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
KEY = TEXT.map(lambda text: "k" + text)
FILE = st.lists(
    st.one_of(
        st.tuples(KEY, TEXT).map(lambda pair: edit_properties(b"", {pair[0]: pair[1]})),
        st.sampled_from(
            [b"# c \\\n", b"\n", b"!\r\n", b"x : y\\\n  z\r", b"u=\\u00e9\r\n", b"  w\tv\n", b"q\n", b"caf\xc3\xa9=1\n"]
        ),
    ),
    max_size=6,
).map(b"".join)


@given(FILE, st.dictionaries(KEY, TEXT, max_size=3))
def test_edit_sets_these_values_and_no_others(data, values):
    before, after = read_properties(data), read_properties(edit_properties(data, values))
    assert after == {**before, **values}


@given(FILE, st.dictionaries(KEY, TEXT, max_size=3))
def test_setting_and_unsetting_gives_the_bytes_back(data, values):
    new = {key: value for key, value in values.items() if key not in read_properties(data)}
    back = edit_properties(edit_properties(data, new), dict.fromkeys(new))
    assert back == data or back == data + b"\n" or back == data + b"\r\n"


@given(FILE)
def test_entries_and_what_lies_between_make_the_file(data):
    at = 0
    for entry in entries(data):
        assert at <= entry.start < entry.stop <= len(data)
        assert read_properties(data[entry.start : entry.stop]) == {entry.key: entry.value}
        at = entry.stop


def test_what_snap_can_read_at_all():
    assert is_utf8("é".encode())
    assert not is_utf8("é".encode("latin-1"))


JAVA = """
import java.io.*; import java.nio.file.*; import java.util.*;
public class Read {
    public static void main(String[] names) throws Exception {
        for (String name : names) {
            Properties p = new Properties();
            try (BufferedReader reader = Files.newBufferedReader(Paths.get(name))) { p.load(reader); }
            StringBuilder line = new StringBuilder();
            for (Object key : new TreeSet<>(p.keySet()))
                for (String text : new String[] {(String) key, p.getProperty((String) key)}) {
                    for (char c : text.toCharArray()) line.append(Integer.toHexString(c)).append(' ');
                    line.append(';');
                }
            System.out.println(line);
        }
    }
}
"""


@pytest.mark.jdk
@pytest.mark.slow
def test_java_reads_what_we_read_and_write(tmp_path):
    """Java itself, on every case and on each with a Windows path set into it."""
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.skip("no JDK on the PATH")
    (tmp_path / "Read.java").write_text(JAVA)
    texts = [
        *CASES,
        *(
            edit_properties(data, {"snap.pythonModuleDir": " C:\\users\\Zo\u00eb\\\u65e5\U0001f600 #! = : "})
            for data in CASES
        ),
    ]
    for n, data in enumerate(texts):
        (tmp_path / f"{n}.properties").write_bytes(data)
    names = [str(tmp_path / f"{n}.properties") for n in range(len(texts))]
    done = subprocess.run([java, str(tmp_path / "Read.java"), *names], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr

    def units(text):
        data = text.encode("utf-16-be")
        return "".join(f"{int.from_bytes(data[i : i + 2]):x} " for i in range(0, len(data), 2))

    for data, line in zip(texts, done.stdout.splitlines(), strict=True):
        told = read_properties(data)
        expected = {(units(key), units(value)) for key, value in told.items()}
        parts = line.split(";")[:-1]
        assert set(zip(parts[::2], parts[1::2], strict=True)) == expected, data
