"""The layouts of flow records, and that the pipe's COPY knows the same."""

from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.layouts import (
    LAYOUTS,
    NUMBER_COLUMNS,
    TABLE_COLUMNS,
    TIME_COLUMNS,
    layout_of,
    no_labels,
    parse_release,
)
from theia_sf_infra.copy import copy_statement


@pytest.mark.parametrize(
    ("release", "columns"),
    [
        ("1.9", 49),
        ("1.12", 49),
        ("1.13", 51),
        ("1.14.2", 51),
        ("1.15", 53),
        ("v2.0.1", 54),
        ("2.5", 54),
        ("2.6", 52),
        ("2.7", 53),
        ("2.9", 53),
        ("3.0", 53),
    ],
)
def test_columns_by_release(release, columns):
    assert len(layout_of(parse_release(release)).columns) == columns


def test_the_pipe_loads_the_columns_of_all_layouts():
    assert {column for layout in LAYOUTS for column in layout.columns} == set(TABLE_COLUMNS)
    listed = copy_statement("T", "S").partition("(")[2].partition(")")[0]
    assert [name.strip() for name in listed.split(",")] == [
        *TABLE_COLUMNS, "rejectedRecord", "sourceFile", "sourceFileRow", "loadedAt"
    ]  # fmt: skip


def test_only_1_9_leaves_labels_unenclosed():
    values = {"sourcePodLabels": "{}"}
    assert "'{}'" not in layout_of((1, 9)).record(values)
    assert all("'{}',''" in layout.record(values) for layout in LAYOUTS[1:])


def test_kinds_of_columns():
    assert len(TIME_COLUMNS) == 5
    assert len(NUMBER_COLUMNS) == 24
    assert set(TABLE_COLUMNS) >= TIME_COLUMNS | NUMBER_COLUMNS


def test_no_labels():
    assert (no_labels((2, 0)), no_labels((2, 1))) == ("null", "{}")


@pytest.mark.parametrize("text", ["", "2", "two.one", "1.8", "-1.9", "1.x"])
def test_what_is_no_release(text):
    with pytest.raises(UsageError):
        parse_release(text)
