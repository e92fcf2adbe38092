"""Grafana in Kubernetes: manifests, and the kustomization that makes ConfigMaps and a Secret of the provisioned files.

`kubectl apply -k` generates them from the very files that Docker Compose mounts, under names that change with the
content, so that a new dashboard or key restarts the Pod. A kustomization reads no file above its own folder, which is
why it stands at the top. Each dashboard is a ConfigMap of its own, as one ConfigMap holds 1 MiB at most
(https://kubernetes.io/docs/concepts/configuration/configmap/).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from packaging.version import Version

from theia_sf.grafana.container import DATA, HEALTH, PORT, PROVISIONING, environment
from theia_sf.grafana.datasource import SECRETS_FOLDER
from theia_sf.grafana.versions import IMAGE

NAMESPACE: Final = "flow-visibility"  # Theia's
NAME: Final = "grafana"
_SECRETS: Final = "grafana-secrets"
_DATASOURCES: Final = "grafana-datasources"
_LABELS: Final = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "theia-sf"}
_UID: Final = 472  # the image's own user
_FOLDER: Final = "kubernetes"


def manifests(plugin: Version, dashboards: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return path to manifest, but for the kustomization.

    Args:
        plugin: the version of the data source's plugin.
        dashboards: paths of the files in Grafana's folder of dashboards, the provider's included.
    """
    return {
        f"{_FOLDER}/namespace.yaml": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        f"{_FOLDER}/persistentvolumeclaim.yaml": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": NAME, "labels": _LABELS},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        f"{_FOLDER}/deployment.yaml": _deployment(plugin, [_config_map(path) for path in dashboards]),
        f"{_FOLDER}/service.yaml": {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": NAME, "labels": _LABELS},
            "spec": {"selector": _LABELS, "ports": [{"name": "http", "port": PORT, "targetPort": "http"}]},
        },
    }


def kustomization(
    resources: Sequence[str], datasources: Sequence[str], dashboards: Sequence[str], secrets: Sequence[str]
) -> dict[str, Any]:
    """Return the kustomization, all of whose paths are relative to its folder."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": list(resources),
        "configMapGenerator": [
            {"name": _DATASOURCES, "files": list(datasources)},
            *({"name": _config_map(path), "files": [path]} for path in dashboards),
        ],
        "secretGenerator": [{"name": _SECRETS, "files": list(secrets)}],
        "generatorOptions": {"labels": _LABELS},
    }


def _config_map(path: str) -> str:
    return "grafana-" + PurePosixPath(path).stem.lower().replace("_", "-")


def _deployment(plugin: Version, dashboards: Sequence[str]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "labels": _LABELS},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},  # two Pods cannot share the volume, nor its SQLite database
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": _pod(plugin, dashboards)},
        },
    }


def _pod(plugin: Version, dashboards: Sequence[str]) -> dict[str, Any]:
    projected = [{"configMap": {"name": name}} for name in dashboards]
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(plugin)],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": NAME}},
            {"name": "logs", "emptyDir": {}},
            {"name": "temporary", "emptyDir": {}},
            {"name": "datasources", "configMap": {"name": _DATASOURCES}},
            {"name": "dashboards", "projected": {"sources": projected}},
            {"name": "secrets", "secret": {"secretName": _SECRETS, "defaultMode": 0o440}},
        ],
    }


def _container(plugin: Version) -> dict[str, Any]:
    probe = {"httpGet": {"path": HEALTH, "port": "http"}}
    return {
        "name": NAME,
        "image": IMAGE,
        "ports": [{"name": "http", "containerPort": PORT}],
        "env": [{"name": name, "value": value} for name, value in environment(plugin).items()],
        "startupProbe": probe | {"periodSeconds": 5, "failureThreshold": 60},  # it downloads the plugin first
        "readinessProbe": probe,
        "livenessProbe": probe | {"timeoutSeconds": 5, "failureThreshold": 6},
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": DATA},
            {"name": "logs", "mountPath": "/var/log/grafana"},
            {"name": "temporary", "mountPath": "/tmp"},  # noqa: S108 (in the container)
            {"name": "datasources", "mountPath": f"{PROVISIONING}/datasources", "readOnly": True},
            {"name": "dashboards", "mountPath": f"{PROVISIONING}/dashboards", "readOnly": True},
            {"name": "secrets", "mountPath": SECRETS_FOLDER, "readOnly": True},
        ],
    }
