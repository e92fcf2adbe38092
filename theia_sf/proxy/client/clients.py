"""The clients whose settings are known."""

from __future__ import annotations

from enum import StrEnum


class Client(StrEnum):
    """The values of `show-connection --client`."""

    SNOW = "snow"
    PYTHON = "python"
    JDBC = "jdbc"
    DBEAVER = "dbeaver"
    DATAGRIP = "datagrip"
    ODBC = "odbc"
    GRAFANA = "grafana"
    NODEJS = "nodejs"
    GO = "go"
