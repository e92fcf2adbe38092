"""What Grafana provisions: one way to sign in, nothing secret in the file, names that panels can rely on."""

from __future__ import annotations

from pathlib import Path

import yaml

PROVISIONING = Path(__file__).parents[3] / "grafana" / "theia_sf_grafana" / "provisioning"
DATASOURCE = PROVISIONING / "datasources" / "snowflake.yaml"


def test_the_data_source_signs_in_by_key_pair_from_a_file() -> None:
    (source,) = yaml.safe_load(DATASOURCE.read_text())["datasources"]
    assert source["type"] == "michelin-snowflake-datasource"
    assert source["uid"] == "P1DBD59F661D68B90"
    assert list(source["secureJsonData"]) == ["privateKey"]
    assert source["secureJsonData"]["privateKey"].startswith("$__file{")
    settings = source["jsonData"]
    assert settings.pop("schema") == "THEIA"
    assert all(value.startswith("${SNOWFLAKE_") for value in settings.values())
