"""The files for Docker Compose and Kubernetes: valid, complete, and without any secret."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import kubernetes_validate
import pytest
import yaml

from theia_sf.grafana.datasource import Method, Reader
from theia_sf.grafana.files import files, purpose, secret_paths
from theia_sf.grafana.versions import parse_plugin_version
from theia_sf.snowflake.settings import ConnectionSettings

READER = Reader("GRAFANA", "R", "W", "ANTREA_X", "THEIA", Method.KEY_PAIR)
SETTINGS = ConnectionSettings(account="ORG-ACCT", user="ADMIN", authenticator="SNOWFLAKE_JWT")
LIMIT = 1 << 20  # bytes in a ConfigMap


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return files(READER, SETTINGS, parse_plugin_version("2.1.0"), port=3111, container_user="1000:0")


@pytest.fixture(scope="module")
def parsed(made: dict[str, str]) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in made.items() if path.endswith(".yaml")}


def pod(parsed: dict[str, Any]) -> dict[str, Any]:
    return parsed["kubernetes/deployment.yaml"]["spec"]["template"]["spec"]


def test_kubernetes_accepts_the_manifests(parsed: dict[str, Any]) -> None:
    manifests = {path: content for path, content in parsed.items() if path.startswith("kubernetes/")}
    assert {content["kind"] for content in manifests.values()} == {
        "Namespace",
        "PersistentVolumeClaim",
        "Deployment",
        "Service",
    }
    for content in manifests.values():
        kubernetes_validate.validate(content, kubernetes_validate.latest_version(), strict=True)


def test_the_kustomization_names_files_that_are_written(made: dict[str, str], parsed: dict[str, Any]) -> None:
    kustomization = parsed["kustomization.yaml"]
    assert sorted(kustomization["resources"]) == sorted(path for path in made if path.startswith("kubernetes/"))
    generated = [path for one in kustomization["configMapGenerator"] for path in one["files"]]
    assert sorted(generated) == sorted(path for path in made if path.startswith("provisioning/"))
    assert len(generated) == len(set(generated))
    (secret,) = kustomization["secretGenerator"]
    assert secret["files"] == ["secrets/snowflake_key", "secrets/grafana_admin_password"]
    assert not set(secret["files"]) & set(made)


def test_each_config_map_fits_and_has_a_name_that_kubernetes_takes(
    made: dict[str, str], parsed: dict[str, Any]
) -> None:
    names = [one["name"] for one in parsed["kustomization.yaml"]["configMapGenerator"]]
    assert len(names) == len(set(names))
    for one in parsed["kustomization.yaml"]["configMapGenerator"]:
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", one["name"])
        assert sum(len(made[path].encode()) for path in one["files"]) < LIMIT


def test_the_pod_mounts_what_the_kustomization_makes(parsed: dict[str, Any]) -> None:
    volumes = {one["name"]: one for one in pod(parsed)["volumes"]}
    sources = [one["configMap"]["name"] for one in volumes["dashboards"]["projected"]["sources"]]
    wanted = [volumes["datasources"]["configMap"]["name"], *sources]
    assert wanted == [one["name"] for one in parsed["kustomization.yaml"]["configMapGenerator"]]
    assert volumes["secrets"]["secret"]["secretName"] == parsed["kustomization.yaml"]["secretGenerator"][0]["name"]
    (container,) = pod(parsed)["containers"]
    assert {one["name"] for one in container["volumeMounts"]} == set(volumes)


def test_the_pod_may_do_nothing_that_it_need_not(parsed: dict[str, Any]) -> None:
    (container,) = pod(parsed)["containers"]
    assert pod(parsed)["securityContext"]["runAsNonRoot"] is True
    assert pod(parsed)["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"startupProbe", "readinessProbe", "livenessProbe", "resources"} <= container.keys()


def test_both_run_the_same_grafana(parsed: dict[str, Any]) -> None:
    service = parsed["compose.yaml"]["services"]["grafana"]
    (container,) = pod(parsed)["containers"]
    assert container["image"] == service["image"]
    assert re.fullmatch(r"grafana/grafana:\d+\.\d+\.\d+", service["image"])
    assert {one["name"]: one["value"] for one in container["env"]} == service["environment"]
    targets = {volume.split(":")[1] for volume in service["volumes"]}
    assert targets <= {one["mountPath"] for one in container["volumeMounts"]}


def test_the_secret_is_where_the_data_source_looks_for_it(parsed: dict[str, Any]) -> None:
    (source,) = parsed["provisioning/datasources/snowflake.yaml"]["datasources"]
    place = source["secureJsonData"]["privateKey"].removeprefix("$__file{").removesuffix("}")
    folder, _, name = place.rpartition("/")
    assert f"secrets/{name}" in secret_paths(READER)
    assert f"./secrets:{folder}:ro,z" in parsed["compose.yaml"]["services"]["grafana"]["volumes"]
    (container,) = pod(parsed)["containers"]
    assert folder in {one["mountPath"] for one in container["volumeMounts"] if one["name"] == "secrets"}


def test_compose_is_for_this_machine_alone(parsed: dict[str, Any]) -> None:
    service = parsed["compose.yaml"]["services"]["grafana"]
    assert service["ports"] == ["127.0.0.1:3111:3000"]
    assert service["user"] == "${GRAFANA_USER:-1000:0}"
    assert service["cap_drop"] == ["ALL"]


def test_plugins_are_pinned_and_only_the_unsigned_one_is_allowed(parsed: dict[str, Any]) -> None:
    environment = parsed["compose.yaml"]["services"]["grafana"]["environment"]
    assert environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"] == "michelin-snowflake-datasource"
    plugin, version, address = environment["GF_PLUGINS_PREINSTALL_SYNC"].split("@")
    assert (plugin, version) == ("michelin-snowflake-datasource", "2.1.0")
    assert address.endswith("/v2.1.0/snowflake-grafana-datasource.zip")
    assert re.fullmatch(r"netsage-sankey-panel@\d+\.\d+\.\d+", environment["GF_PLUGINS_PREINSTALL"])


def test_every_dashboard_is_provisioned_as_it_is(made: dict[str, str], parsed: dict[str, Any]) -> None:
    folder = resources.files("theia_sf_grafana") / "provisioning" / "dashboards"
    packaged = {f"provisioning/dashboards/{file.name}": file.read_text() for file in folder.iterdir()}
    assert packaged == {path: text for path, text in made.items() if path.startswith("provisioning/dashboards/")}
    home = parsed["compose.yaml"]["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.removeprefix("/etc/grafana/") in made


def test_what_every_file_is_for_is_told(made: dict[str, str]) -> None:
    assert all(purpose(path) for path in made)


def test_the_secrets_are_kept_out_of_git(made: dict[str, str]) -> None:
    assert made[".gitignore"] == "/secrets/\n"
