from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from theia_sf.report.assemble import environment
from theia_sf.report.assets import embedded_script
from theia_sf.report.payloads import Column, Table, embedded_json
from theia_sf.report.shown import safe, size

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["</script>", "<!--", "]]>", "\u2028", "&lt;", "\ud800", "<script", "-->"]
)
ANY_JSON = st.recursive(
    ANY_TEXT | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)
)


class Elements(HTMLParser):
    """Collects the start tags, and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


@given(ANY_JSON)
def test_json_means_the_same_and_cannot_leave_its_element(value):
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    read = Elements(f'<script type="application/json">{text}</script><p>')
    assert (read.tags, read.text) == (["script", "p"], text)


@given(st.lists(st.sampled_from(["</script>", "<!--", "<script>", "</SCRIPT ", "a < b", "'", "\\", "\n"])))
def test_a_script_cannot_end_its_element(parts):
    text = embedded_script("".join(parts))
    assert "</script" not in text.lower()
    assert "<script" not in text.lower()
    assert "<!--" not in text


@given(st.lists(st.tuples(ANY_TEXT, st.integers(0, 10**15)), min_size=1, max_size=5))
def test_a_table_shows_any_text_and_makes_nothing_else_of_it(rows):
    shown = [(safe(text), number) for text, number in rows]
    made = environment().get_template("parts.html.j2").module
    table = Table("Rows", (Column("Name"), Column("Bytes", "bytes")), shown)
    read = Elements(str(made.table(table)))
    assert read.tags[:7] == ["table", "caption", "thead", "tr", "th", "th", "tbody"]
    assert read.tags[7:] == ["tr", "td", "bdi", "td"] * len(rows)
    assert read.text.split("Bytes", 1)[1].replace("\n", "") == "".join(
        f"{text}{size(number)}" for text, number in shown
    )


def test_other_code_is_left_alone():
    code = "if (a<b && c</d/.length) { x = `<p>`; }"
    assert embedded_script(code) == code
    assert embedded_script("a\r\nb\rc") == "a\nb\nc"
    assert embedded_script("'</script>'") == "'\\x3c/script>'"
