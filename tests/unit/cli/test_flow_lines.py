from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from theia_sf.cli.flow_lines import moment, record_line, size
from theia_sf.flows.records import Record

NOTHING = Record(*[None] * len(Record._fields))
RECORD = NOTHING._replace(
    ended=datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
    cluster_uuid="12345678-1234-1234-1234-123456789abc",
    source_namespace="shop",
    source_pod="web-1",
    source_ip="10.0.0.1",
    destination_namespace="shop",
    destination_pod="db-1",
    destination_ip="10.0.0.2",
    destination_port=5432,
    service="shop/db:sql",
    protocol=6,
    bytes=1200,
    reverse_bytes=3_400_000,
    ingress_type=2,
    ingress_namespace="shop",
    ingress_name="to-db",
    ingress_action=1,
)


def test_a_line_says_who_when_how_much_and_what_decided():
    assert record_line(RECORD, cluster=False) == (
        "2026-07-01T10:00:00Z  shop/web-1 → shop/db-1:5432/TCP  (shop/db:sql)  1.2 kB ↔ 3.4 MB"
        "  allow by ingress AntreaNetworkPolicy:shop/to-db"
    )
    assert "Z  12345678  shop/web-1" in record_line(RECORD, cluster=True)


def test_ends_without_pods_ports_and_policies():
    plain = NOTHING._replace(source_ip="10.0.0.1", destination_ip="2001:db8::1", protocol=58, destination_port=0)
    assert record_line(plain, cluster=True) == "10.0.0.1 → 2001:db8::1/ICMPv6  0 bytes ↔ 0 bytes  none"
    with_port = plain._replace(destination_port=443, protocol=6)
    assert "→ [2001:db8::1]:443/TCP" in record_line(with_port, cluster=False)


@pytest.mark.parametrize(("action", "shown"), [(0, "none"), (1, "\x1b[32mallow\x1b[0m"), (2, "\x1b[31mdrop\x1b[0m")])
def test_colours_are_of_the_action_alone(action, shown):
    coloured = NOTHING._replace(ingress_action=action)
    assert shown in record_line(coloured, cluster=False, colour=True)
    assert "\x1b" not in record_line(coloured, cluster=False)


def test_what_a_record_says_neither_moves_the_cursor_nor_makes_a_line():
    hostile = "x\x1b[2J\x1b[31m\ny\r\u202e\tz\u2028"
    line = record_line(
        RECORD._replace(source_pod=hostile, service=hostile, ingress_name=hostile, cluster_uuid=hostile), cluster=True
    )
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_sizes_and_moments():
    assert [size(0), size(999), size(1_500_000_000)] == ["0 bytes", "999 bytes", "1.5 GB"]
    assert [moment(None), moment(datetime(2026, 7, 1, tzinfo=UTC))] == ["", "2026-07-01T00:00:00Z"]
