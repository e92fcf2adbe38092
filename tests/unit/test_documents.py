"""The documents: what they link to is there, and each can be found from the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(document: Path) -> list[tuple[Path, str]]:
    """(file, anchor) of the links to files of the repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    local = [target.partition("#") for target in targets if "://" not in target]
    return [((document.parent / path).resolve() if path else document, anchor) for path, _, anchor in local]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document):
    for file, anchor in links(document):
        assert file.exists(), f"{document.name} links to {file}"
        assert not anchor or anchor in headings(file), f"{document.name} links to #{anchor} in {file.name}"


def test_every_document_is_found_from_the_readme():
    seen, left = set(), [ROOT / "README.md"]
    while left:
        document = left.pop()
        seen.add(document)
        left += [file for file, _ in links(document) if file.suffix == ".md" and file not in seen]
    assert [document.name for document in DOCUMENTS if document not in seen] == []
