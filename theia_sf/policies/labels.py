"""Pod labels as flow records carry them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, cast

from theia_sf.flows.kubernetes_names import is_label_key, is_label_value
from theia_sf.policies.model import Labels


class LabelReader:
    """Reads the label columns of flow records; equal texts are read once.

    Args:
        ignored: keys of labels that do not tell workloads apart; they are dropped.
    """

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self._known: dict[str | None, Labels | None] = {}

    def read(self, text: str | None) -> Labels | None:
        """Return the labels that a selector can name, sorted by key; None when there are such that it cannot.

        The Flow Aggregator writes a JSON object of strings, `null` for a Pod without labels (Antrea up to 2.0) or `{}`
        (from 2.1), and nothing when the Pod was not found: all three give no labels. Unreadable are a text that is no
        JSON object of strings, and one with a key or value that Kubernetes does not admit: no Pod can carry it, and an
        API server would refuse a policy that names it.
        """
        try:
            return self._known[text]
        except KeyError:
            self._known[text] = labels = self._parse(text)
            return labels

    def _parse(self, text: str | None) -> Labels | None:
        if not text:
            return ()
        try:
            parsed: Any = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if parsed is None:
            return ()
        if not isinstance(parsed, dict):
            return None
        kept = [
            (key, value) for key, value in sorted(cast("dict[str, Any]", parsed).items()) if key not in self._ignored
        ]
        usable = all(is_label_key(key) and isinstance(value, str) and is_label_value(value) for key, value in kept)
        return tuple(kept) if usable else None
