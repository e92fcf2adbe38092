"""What to generate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from theia_sf.errors import UsageError
from theia_sf.flows.layouts import Release, parse_release

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class FlowOptions:
    """The same options give the same files, byte for byte.

    Attributes:
        rows: how many records in all.
        days: over how many UTC days they are spread evenly.
        namespaces: the cluster's namespaces besides kube-system.
        seed: another one gives another cluster and other traffic.
        antrea: the release whose layout is written, for example `2.7`.
        end: the moment after the last record, aware; None is the last UTC midnight, so that all days are whole.
    """

    rows: int = 10_000
    days: int = 7
    namespaces: tuple[str, ...] = ("shop", "payments", "analytics")
    seed: int = 1
    antrea: str = "2.7"
    end: datetime | None = None

    def __post_init__(self) -> None:
        for name, value in (("rows", self.rows), ("days", self.days)):
            if value < 1:
                message = f"The number of {name} must be at least 1, not {value}."
                raise UsageError(message)
        wrong = [name for name in self.namespaces if not _NAMESPACE.fullmatch(name)]
        if wrong or not self.namespaces:
            message = f"'{','.join(wrong)}' is not a list of namespaces."
            raise UsageError(message, hint="Give names of Kubernetes namespaces, separated by commas.")
        parse_release(self.antrea)

    @property
    def release(self) -> Release:
        """`antrea` as (major, minor)."""
        return parse_release(self.antrea)

    @property
    def first_second(self) -> int:
        """The Unix second in which the first day begins."""
        end = self.end or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(end.timestamp()) - self.days * 86_400
