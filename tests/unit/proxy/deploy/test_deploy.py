"""What `deploy/proxy` offers is what Kubernetes accepts, and what the proxy reads."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
import yaml

from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.config.load import load
from theia_sf.proxy.config.model import ProxyConfig

ROOT = Path(__file__).parents[4]
DEPLOY = ROOT / "deploy" / "proxy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def parsed(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


@pytest.fixture
def config() -> ProxyConfig:
    return load(DEPLOY / "proxy.yaml")


@pytest.fixture
def pod() -> dict[str, Any]:
    return parsed(DEPLOY / "kubernetes" / "stateful-set.yaml")["spec"]["template"]["spec"]


def files(config: ProxyConfig) -> set[str]:
    """The files of the configuration that are no part of it."""
    assert config.listen.tls is not None
    identities = [identity for one in config.upstreams.values() for identity in one.identities.values()]
    found = [config.users, config.store.key_file, config.store.redis_password_file, config.audit.key_file]
    found += [config.listen.tls.certificate, config.listen.tls.key, *(one.private_key_path for one in identities)]
    return {str(path) for path in found if path is not None}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_accepts_the_manifests(path: Path) -> None:
    kubernetes_validate.validate(parsed(path), kubernetes_validate.latest_version(), strict=True)


def test_the_kustomization_names_every_manifest() -> None:
    kustomization = parsed(DEPLOY / "kustomization.yaml")
    assert sorted(kustomization["resources"]) == [f"kubernetes/{path.name}" for path in MANIFESTS]
    for generator in kustomization["configMapGenerator"]:
        assert all((DEPLOY / name).is_file() for name in generator["files"])


def test_the_configuration_and_the_policy_are_right(config: ProxyConfig) -> None:
    assert isinstance(config.policy, Path)
    assert config.policy == DEPLOY / "policy.yaml"
    open_access(load_policy(config.policy, DEPLOY / "proxy.yaml"), config.upstreams)


def test_the_secrets_are_mounted_where_the_configuration_looks_for_them(
    config: ProxyConfig, pod: dict[str, Any]
) -> None:
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    generated = {one["name"]: one["files"] for one in parsed(DEPLOY / "kustomization.yaml")["secretGenerator"]}
    there = {
        f"{mounts[volume['name']]}/{PurePosixPath(name.partition('=')[0]).name}"
        for volume in pod["volumes"]
        if "secret" in volume
        for name in generated[volume["secret"]["secretName"]]
    }
    assert files(config) == there
    assert str(config.audit.path).startswith(mounts["state"])


def test_compose_mounts_the_same(config: ProxyConfig) -> None:
    service = parsed(DEPLOY / "compose.yaml")["services"]["proxy"]
    targets = [volume.split(":")[1] for volume in service["volumes"]]
    for file in {*files(config), str(config.audit.path), "/etc/theia-sf-proxy/proxy.yaml"}:
        assert any(file == target or file.startswith(f"{target}/") for target in targets), file
    assert service["build"]["dockerfile"] == "deploy/proxy/Dockerfile"
    assert (DEPLOY / service["build"]["context"]).resolve() == ROOT


def test_the_containers_may_do_nothing_that_they_need_not(pod: dict[str, Any]) -> None:
    redis = parsed(DEPLOY / "kubernetes" / "redis.yaml")["spec"]["template"]["spec"]
    for spec in (pod, redis):
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
    for service in parsed(DEPLOY / "compose.yaml")["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_there_is_time_to_finish_what_is_running(config: ProxyConfig, pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    wait = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > wait + config.limits.drain_timeout + 10
    grace = parsed(DEPLOY / "compose.yaml")["services"]["proxy"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) > config.limits.drain_timeout + 10


def test_probes_ask_the_port_for_health(config: ProxyConfig, pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"https": config.listen.port, "health": config.health.port}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "health"
    assert config.health.host == "0.0.0.0"


def test_the_image_copies_what_is_there_and_what_is_built_from() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for name in line.split()[:-1]]
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    project = (ROOT / "pyproject.toml").read_text()
    for package in re.findall(r'"([\w/]+)"', re.findall(r"^packages = \[(.*)\]$", project, re.MULTILINE)[0]):
        assert package.partition("/")[0] in copied
    allowed = {line[1:].removesuffix("/**") for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()}
    assert set(copied) <= allowed
    assert 'CMD ["serve", "--config", "/etc/theia-sf-proxy/proxy.yaml"]' in text
