"""The Helm chart of docs/examples: rendered by Helm, checked by the schemas of Kubernetes, and its settings served.

Not checked: a cluster. Nothing here installs the chart, so nothing shows that a network plugin applies the network
policy or that an autoscaler gets its metrics. ServiceMonitor is a custom resource, for which there is no schema here;
only its selector and port are compared.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from document_set import WARDS
from helm import HELM, lint_and_render
from pages import DOCS, blocks, page
from processes import serve

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import criteria_pb2_grpc

CHART = DOCS / "examples" / "helm"
VERSIONS = ("1.27", "1.37")
"""The oldest version of Kubernetes that the chart allows, and the newest one with schemas here."""

FULL = {
    "criteria": {"wards.yaml": WARDS},
    "settings": {"access": {"anonymous": ["reader"]}, "required": ["wards-2026", "hue-2020"]},
    "tokensSecret": "keys",
    "env": [{"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://collector:4317"}],
    "metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "networkPolicy": {"egress": [{"ports": [{"port": 4317}]}]},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "scorer", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "imagePullSecrets": [{"name": "registry"}],
    "gatesClaim": "compiled",
}
BARE = {
    "autoscaling": {"enabled": False},
    "disruptionBudget": {"enabled": False},
    "networkPolicy": {"enabled": False},
    "service": {"type": "LoadBalancer", "headless": False},
    "tlsSecret": "certificate",
    "criteriaConfigMap": "sets",
}
DOCUMENTED = next(
    yaml.safe_load(block.text) for block in blocks(page("deployment.md")) if block.text.startswith("settings: #")
)
CLOSED = {"networkPolicy": {"callers": [], "monitoring": []}}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"setings": {}}, "setings"),
    ({"settings": {"address": "0.0.0.0:1"}}, "address"),
    ({"replicas": "two"}, "replicas"),
    ({"criteria": {"../a.yaml": ""}}, "a.yaml"),
    ({"criteria": {"a.yaml": ""}, "criteriaConfigMap": "sets"}, "not both"),
    ({"service": {"type": "NodePort"}}, "headless"),
    ({"autoscaling": {"minReplicas": 9}}, "minReplicas"),
    ({"image": {"repository": "scorer@sha256:0"}}, "repository"),
    ({"metrics": {"port": 50051}}, "port"),
    ({"service": {"port": 9464}}, "are the same"),
    ({"disruptionBudget": {"maxUnavailable": "one"}}, "maxUnavailable"),
    ({"temporary": "lots"}, "temporary"),
    ({"temporary": None}, "'temporary'"),
    ({"networkPolicy": None}, "'networkPolicy'"),
    ({"metrics": {"port": None}}, "'port'"),
    ({"settings": {"tls__key": "a.key"}}, "tls__key"),
    ({"settings": {"grace": -30}}, "/settings/grace"),
    ({"env": [{"name": "OTEL_BSP_SCHEDULE_DELAY", "value": 5000}]}, "got number, want string"),
]

NUMBERS = {"tokensSecret": "1", "tlsSecret": "0x2", "criteriaConfigMap": "3", "gatesClaim": "true"}
"""Names that are no texts in YAML without quotation marks."""

NAMES = ("default", "full", "bare", "closed", "documented", "numbers")
"""Of the values that Helm accepts: no values, FULL, BARE, CLOSED, DOCUMENTED, NUMBERS."""

Objects = dict[str, Any]

pytestmark = pytest.mark.skipif(
    HELM is None or importlib.util.find_spec("kubernetes_validate") is None,
    reason="helm-python-sdk has no wheel for this machine, or requirements-dev.txt is not installed",
)


@pytest.fixture(scope="module")
def rendered() -> tuple[list[str], list[Any]]:
    return lint_and_render(CHART, [{}, FULL, BARE, CLOSED, DOCUMENTED, NUMBERS, *(values for values, _ in REFUSED)])


@pytest.fixture(scope="module")
def charts(rendered: tuple[list[str], list[Any]]) -> dict[str, Objects]:
    """The objects by kind, for each of the values that Helm accepts."""
    return dict(zip(NAMES, rendered[1], strict=False))


def pod(objects: Objects) -> tuple[Any, Any]:
    spec = objects["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return spec, container


def test_helm_finds_nothing_wrong(rendered: tuple[list[str], list[Any]]) -> None:
    assert rendered[0] == ["icon is recommended"]


@pytest.mark.parametrize("which", NAMES)
def test_every_object_follows_the_schema_of_kubernetes(charts: dict[str, Objects], which: str) -> None:
    from kubernetes_validate import ValidationError, validate

    objects = charts[which]
    assert isinstance(objects, dict), objects
    known = [found for kind, found in objects.items() if kind != "ServiceMonitor"]
    assert len(known) >= 3
    for found in known:
        for version in VERSIONS:
            validate(found, version, strict=True)
    broken = {**objects["Deployment"], "spec": {**objects["Deployment"]["spec"], "replica": 1}}
    with pytest.raises(ValidationError):  # the schemas do find a misspelt key
        validate(broken, VERSIONS[0], strict=True)


def test_values_choose_the_objects(charts: dict[str, Objects]) -> None:
    base = {"ConfigMap", "Deployment", "Service"}
    usual = {"HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"}
    assert set(charts["default"]) == base | usual
    assert set(charts["full"]) == base | usual | {"ConfigMap/criteria", "ServiceMonitor"}
    assert set(charts["bare"]) == base
    assert "replicas" not in charts["full"]["Deployment"]["spec"]  # the autoscaler's
    assert charts["bare"]["Deployment"]["spec"]["replicas"] == 2
    assert set(charts["documented"]) == base | usual
    assert set(DOCUMENTED["settings"]) <= {
        name.removeprefix("SCORER_").lower() for name in charts["documented"]["ConfigMap"]["data"]
    }


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[word for _, word in REFUSED])
def test_wrong_values_are_refused(rendered: tuple[list[str], list[Any]], number: int) -> None:
    message, (values, word) = rendered[1][len(NAMES) + number], REFUSED[number]
    assert isinstance(message, str), values
    assert word in message


def test_the_objects_refer_to_each_other(charts: dict[str, Objects]) -> None:
    objects = charts["full"]
    spec, container = pod(objects)
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    monitor = objects["ServiceMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= objects["Service"]["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    service = {port["name"]: port["targetPort"] for port in objects["Service"]["spec"]["ports"]}
    assert set(service.values()) == set(ports)
    assert monitor["endpoints"][0]["port"] in service
    asked = {rule["port"] for entry in objects["NetworkPolicy"]["spec"]["ingress"] for rule in entry["ports"]}
    assert asked == set(ports)
    settings = objects["ConfigMap"]["data"]
    assert settings["SCORER_ADDRESS"].endswith(f":{ports['grpc']}")
    assert settings["SCORER_METRICS"].endswith(f":{ports['metrics']}")
    assert container["envFrom"] == [{"configMapRef": {"name": objects["ConfigMap"]["metadata"]["name"]}}]
    assert (
        objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"]
        == objects["Deployment"]["metadata"]["name"]
    )
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["criteria"]["configMap"]["name"] == objects["ConfigMap/criteria"]["metadata"]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    # The sleep of preStop, grace, and five seconds: see docs/deployment.md.
    assert spec["terminationGracePeriodSeconds"] >= float(settings["SCORER_GRACE"]) + 5 + 3


@pytest.mark.parametrize("which", ["default", "full", "bare"])
def test_the_pod_may_write_to_its_temporary_files_only(charts: dict[str, Objects], which: str) -> None:
    spec, container = pod(charts[which])
    assert (spec["securityContext"]["runAsNonRoot"], spec["automountServiceAccountToken"]) == (True, False)
    security = container["securityContext"]
    assert security == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = [mount for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert [mount["mountPath"] for mount in writable] == ["/tmp", *(["/tmp/gates"] if which == "full" else [])]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert "emptyDir" in volumes[writable[0]["name"]]
    if which == "full":
        assert volumes[writable[1]["name"]]["persistentVolumeClaim"] == {"claimName": FULL["gatesClaim"]}


def test_probes_speak_grpc_unless_there_is_tls(charts: dict[str, Objects]) -> None:
    (_, plain), (_, tls) = pod(charts["full"]), pod(charts["bare"])
    assert plain["readinessProbe"]["grpc"] == plain["startupProbe"]["grpc"] == {"port": 50051}
    assert tls["readinessProbe"]["tcpSocket"] == tls["startupProbe"]["tcpSocket"] == {"port": "grpc"}


def test_an_empty_list_of_peers_admits_nobody(charts: dict[str, Objects]) -> None:
    policy = charts["closed"]["NetworkPolicy"]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert not policy.get("ingress")
    assert not policy.get("egress")


def test_changed_settings_restart_the_pods_and_changed_sets_do_not(charts: dict[str, Objects]) -> None:
    changed = [
        {**FULL, "settings": {**FULL["settings"], "log": "text"}},  # type: ignore[dict-item]
        {**FULL, "criteria": {"wards.yaml": WARDS + "\n"}},
    ]
    sums = [charts["full"], *lint_and_render(CHART, changed)[1]]
    first, settings, sets = (one["Deployment"]["spec"]["template"]["metadata"]["annotations"] for one in sums)  # type: ignore[index]
    assert first != settings
    assert first == sets


def test_the_service_starts_with_the_settings_and_the_sets(
    charts: dict[str, Objects], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server with the environment of the ConfigMap; only addresses and folders are those of this machine."""
    sets = tmp_path / "sets"
    (sets / "..data").mkdir(parents=True)
    for name, text in charts["full"]["ConfigMap/criteria"]["data"].items():
        (sets / "..data" / name).write_text(text, encoding="utf-8")
        (sets / name).symlink_to(f"..data/{name}")
    settings = dict(charts["full"]["ConfigMap"]["data"])
    assert settings.pop("SCORER_ADDRESS") == "0.0.0.0:50051"
    assert settings.pop("SCORER_CRITERIA") == "/etc/scorer/criteria"
    settings["SCORER_METRICS"] = "0.0.0.0:0"
    assert settings["SCORER_GATE_CACHE"] == "/tmp/gates"
    settings["SCORER_GATE_CACHE"] = str(tmp_path / "gates")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with serve(tmp_path, "--criteria", str(sets)) as running, running.channel() as channel:
        listed = criteria_pb2_grpc.CriteriaServiceStub(channel).ListCriteriaSets(
            cpb.ListCriteriaSetsRequest(), timeout=30
        )
        assert "wards-2026" in {found.code for found in listed.criteria_sets}
