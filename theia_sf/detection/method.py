"""The rules by which a day counts as abnormal; apart from their code so that the command's help needs none of it."""

from __future__ import annotations

from enum import StrEnum

DEFAULT_MIN_DROPS = 10


class Method(StrEnum):
    """The values of `--method`."""

    MAD = "mad"
    STDEV = "stdev"
