"""However a refused statement is spelled, it stays refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.tokenizer_core import TokenType

from tests.unit.proxy.access import attempts, legitimate
from tests.unit.proxy.access.support import READER, SESSION, WRITER, WRITERS_SESSION, policy, refusal
from theia_sf.proxy.access.statement import UnreadableError
from theia_sf.proxy.access.tokens import STRINGS, tokenize
from theia_sf.proxy.sessions.model import SessionRecord

ACCESS = policy(READER, WRITER)
GAPS = (" ", "\n", "\t", "\r\n", "/**/", " /* ; */ ", " -- ' \n", ' // " \n', "/* select */", "  ")


PATH_WITH_COMMENT = re.compile(r"(@|file://)\S*?(--|//|/\*)")  # only together they are an attempt


def _pieces(sql: str) -> list[str] | None:
    """The statement's tokens as they are written; None for those that are no tokens, or that are long."""
    try:
        tokens = tokenize(sql) if len(sql) < 500 and not PATH_WITH_COMMENT.search(sql) else []
    except UnreadableError:
        return None
    found: list[str] = []
    end = 0
    for token in tokens:
        written = sql[token.start : token.end + 1]
        if found and token.start == end:  # as the parts of a file's address, which white space would end
            found[-1] += written
        else:
            found.append(written)
        end = token.end + 1
    return found or None


def _spellable(statements: dict[str, str]) -> list[list[str]]:
    return [pieces for sql in statements.values() if (pieces := _pieces(sql)) is not None]


REFUSED: list[tuple[SessionRecord, list[str]]] = [
    *((SESSION, pieces) for pieces in _spellable(attempts.READER)),
    *((WRITERS_SESSION, pieces) for pieces in _spellable(attempts.WRITER)),
]


def _cased(piece: str, upper: bool) -> str:
    kinds = {token.token_type for token in tokenize(piece)} if piece.isascii() else set[TokenType]()
    if kinds & (STRINGS | {TokenType.IDENTIFIER}) or not kinds:
        return piece
    return piece.upper() if upper else piece.lower()


@st.composite
def spelled(draw: st.DrawFn) -> tuple[SessionRecord, str]:
    """A refused statement with other white space, comments and case, alone or after a harmless one."""
    session, pieces = draw(st.sampled_from(REFUSED))
    text = draw(st.sampled_from(("", ";", " \n", "/* x */", "select 1;", "commit; ", "select ';' ; -- ;\n")))
    for piece in pieces:
        try:
            text += _cased(piece, draw(st.booleans()))
        except UnreadableError:
            text += piece
        text += draw(st.sampled_from(GAPS))
    return session, text + draw(st.sampled_from(("", ";", ";;", "; select 1", "-- x", "/* x */")))


def _stays_refused(attempt: tuple[SessionRecord, str]) -> None:
    session, sql = attempt

    assert refusal(ACCESS, sql, session) is not None


@settings(max_examples=400, deadline=None)
@given(spelled())
def test_other_spellings_of_what_is_refused_are_refused(attempt: tuple[SessionRecord, str]) -> None:
    _stays_refused(attempt)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(spelled())
def test_many_other_spellings_of_what_is_refused_are_refused(attempt: tuple[SessionRecord, str]) -> None:
    _stays_refused(attempt)


FINE = [pieces for sql in legitimate.READER if (pieces := _pieces(sql)) is not None]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FINE), st.lists(st.sampled_from(GAPS), min_size=1, max_size=40))
def test_other_spellings_of_what_is_allowed_are_allowed(pieces: list[str], gaps: list[str]) -> None:
    # a comment that touches a path could be a part of it
    after = [" " if piece.startswith("@") else "" for piece in pieces]
    text = "".join(piece + after[i] + gaps[i % len(gaps)] for i, piece in enumerate(pieces))

    assert refusal(ACCESS, text) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_no_text_at_all_does_more_than_be_refused(sql: str) -> None:
    denied = refusal(ACCESS, sql)

    assert denied is None or denied.message.isprintable()


_WORDS = """
    select from where with as ( ) , ; . * secret s t flows @ ~ $ ? : 'x' "SECRET" identifier table union values
    insert into use role begin end execute immediate at => join lateral -- /* */ $$ || [ ] { } ->> ! call set =
"""
WORDS = st.sampled_from(_WORDS.split())


def _names_the_secret_table(words: list[str]) -> None:
    middle = " ".join(words)
    for sql in (
        f"select * from secret.s.t {middle}",
        f"{middle} from secret.s.t",
        f"select 1 from flows {middle} join secret.s.t",
    ):
        denied = refusal(ACCESS, sql)
        if denied is None:
            # only where the name is within a comment or a text
            tokens = tokenize(sql)
            starts = [sql.find("secret.s.t"), sql.rfind("secret.s.t")]
            assert not any(token.start in starts and token.token_type not in STRINGS for token in tokens), sql


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=25))
def test_whatever_names_the_secret_table_is_refused(words: list[str]) -> None:
    _names_the_secret_table(words)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(st.lists(WORDS, max_size=25))
def test_whatever_names_the_secret_table_is_refused_many_times(words: list[str]) -> None:
    _names_the_secret_table(words)
