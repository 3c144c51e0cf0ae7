"""What a listener does with requests: rules, headers, bodies, TLS, failures."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .world import World, get, until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def web(world: World) -> Iterator[tuple[str, str, str]]:
    """A service behind a load balancer: (address, listener, target group)."""
    made = world.load_balancer("web")
    world.service("web", world.definition("web"), made[2])
    world.rollout("web")
    yield made
    world.remove("web")


def rule(world: World, listener: str, priority: int, condition: Any, action: Any) -> None:
    world.client("elbv2").create_rule(
        ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[action]
    )


def fixed(text: str, status: str = "200") -> dict[str, Any]:
    return {
        "Type": "fixed-response",
        "FixedResponseConfig": {
            "StatusCode": status,
            "ContentType": "text/plain",
            "MessageBody": text,
        },
    }


def test_targets_see_what_a_load_balancer_adds(web: tuple[str, str, str]) -> None:
    host = web[0].partition(":")[0]
    _, seen = get(
        web[0],
        "/headers",
        {
            "X-Forwarded-For": "9.9.9.9",
            "Connection": "x-hop",
            "X-Hop": "1",
            "X-Custom": "kept",
        },
    )
    assert seen["X-Forwarded-For"] == "9.9.9.9, 127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"
    assert seen["X-Forwarded-Port"] == "80"
    assert seen["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert seen["Host"] == host
    assert seen["X-Custom"] == "kept"
    assert {"Connection", "X-Hop"}.isdisjoint(seen)


def test_the_balancers_headers_are_those_of_the_emulator() -> None:
    """Our lean version and the emulator's own must agree on names and values."""
    from types import SimpleNamespace

    from ministack.services import alb

    from sandbox.cloud.balancer.request_head import head_of

    given = {"host": "shop.example:81", "x-forwarded-for": "9.9.9.9", "accept": "*/*",
             "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678"}  # fmt: skip
    theirs = alb._target_headers("arn", {"Protocol": "HTTPS", "Port": 443}, given, "127.0.0.1")
    theirs["host"] = alb._target_host_header(given["host"], 443)
    exchange: Any = SimpleNamespace(
        headers=[(k.encode(), v.encode()) for k, v in given.items()],
        client=SimpleNamespace(peer=b"127.0.0.1"),
        method=b"GET",
        url=b"/",
    )
    head = head_of(exchange, protocol=b"https", port=443, xff_mode="append", keep_host=False)
    ours = dict(line.split(": ", 1) for line in head.decode().strip().split("\r\n")[1:])
    ours = {key.lower(): value for key, value in ours.items()}
    for headers in (ours, theirs):  # the hop's own part is random
        headers["x-amzn-trace-id"] = headers["x-amzn-trace-id"].partition(";")[2]
    assert ours == theirs


def test_requests_go_to_all_targets_in_turn(world: World, web: tuple[str, str, str]) -> None:
    ports = {get(web[0], "/environment")[1]["PORT"] for _ in range(6)}
    assert len(ports) == 2


def test_rules_decide_by_path_host_header_and_query(
    world: World, web: tuple[str, str, str]
) -> None:
    address, listener, _ = web
    conditions: list[tuple[dict[str, Any], str]] = [
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/fixed/*"]}}, "path"),
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example"]}}, "host"),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["odd*"]},
            },
            "header",
        ),
        (
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Key": "version", "Value": "2"}]},
            },
            "query",
        ),
    ]
    for number, (condition, text) in enumerate(conditions, 10):
        rule(world, listener, number, condition, fixed(text, "418"))
    assert get(address, "/fixed/x") == (418, "path")
    assert get(address, "/", {"Host": "shop.example"}) == (418, "host")
    assert get(address, "/", {"X-Kind": "oddity"}) == (418, "header")
    assert get(address, "/?version=2") == (418, "query")
    assert get(address, "/?version=1")[0] == 200


def test_bodies_pass_in_both_directions(web: tuple[str, str, str]) -> None:
    connection = http.client.HTTPConnection(web[0], timeout=60)
    big = b"x" * 3_000_000
    connection.request("POST", "/", body=big)
    assert json.loads(connection.getresponse().read()) == {"received": len(big)}
    connection.request("POST", "/", body=iter([b"one", b"two"]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert json.loads(connection.getresponse().read()) == {"received": 6}
    connection.request("GET", "/stream")
    assert connection.getresponse().read() == b"onetwothree"
    connection.request("HEAD", "/")
    head = connection.getresponse()
    assert (head.status, head.read()) == (200, b"")
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


def test_pipelined_requests_are_answered_in_order(web: tuple[str, str, str]) -> None:
    host, _, port = web[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        one = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        client.sendall(one % 1 + one % 2 + last % 3)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    places = [answer.find(b'"path": "/%d"' % number) for number in (1, 2, 3)]
    assert -1 < places[0] < places[1] < places[2]


def test_a_request_that_is_no_http_gets_400(web: tuple[str, str, str]) -> None:
    host, _, port = web[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(b"\x16\x03\x01\x00 hello\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_https_listens_on_its_own_port_and_http_redirects_there(world: World) -> None:
    certificate = world.client("acm").request_certificate(DomainName="shop.example")
    address, listener, group = world.load_balancer("tls")
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["tls"])["LoadBalancers"][0]["LoadBalancerArn"]
    secure = elb.create_listener(
        LoadBalancerArn=balancer,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elb.modify_listener(
        ListenerArn=listener,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )
    world.service("tls", world.definition("tls"), group, desiredCount=1)
    world.rollout("tls")
    place = json.loads((world.state / "listeners.json").read_text())[secure]["address"]
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", "/x?y=1")
    answer = connection.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{place}/x?y=1"
    connection.close()
    context = ssl.create_default_context(cadata=ssl.get_server_certificate(_pair(place)))
    with (
        socket.create_connection(_pair(place), timeout=60) as raw,
        context.wrap_socket(raw, server_hostname="shop.example") as client,
    ):
        asked = b"GET /headers HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
        client.sendall(asked)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    assert b'"X-Forwarded-Proto": "https"' in received
    assert b'"X-Forwarded-Port": "443"' in received
    world.remove("tls")


def _pair(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port)


def test_weights_share_the_traffic(world: World, web: tuple[str, str, str]) -> None:
    _, _, other = world.load_balancer("weights")
    world.service("weights", world.definition("weights", {"VERSION": "2"}), other, desiredCount=1)
    world.rollout("weights")
    elb = world.client("elbv2")
    groups = [{"TargetGroupArn": web[2], "Weight": 3}, {"TargetGroupArn": other, "Weight": 1}]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    elb.modify_listener(ListenerArn=web[1], DefaultActions=[forward])
    shown = elb.describe_listeners(ListenerArns=[web[1]])["Listeners"][0]["DefaultActions"][0]
    assert shown["ForwardConfig"]["TargetGroups"] == groups
    versions = [get(web[0])[1]["version"] for _ in range(120)]
    assert 10 < versions.count("2") < 60
    elb.modify_listener(
        ListenerArn=web[1], DefaultActions=[{"Type": "forward", "TargetGroupArn": web[2]}]
    )
    world.remove("weights")


def test_targets_by_hand_are_judged_by_their_answers(world: World) -> None:
    """A silent port, a dead port and a port that says no; then failures as clients see them."""
    address, _, group = world.load_balancer(
        "hand", HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2
    )
    elb = world.client("elbv2")
    assert get(address)[0] == 503
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            dead = closed.getsockname()[1]
        ports = {"silent": silent.getsockname()[1], "dead": dead}
        elb.register_targets(
            TargetGroupArn=group,
            Targets=[{"Id": "127.0.0.1", "Port": port} for port in ports.values()][:1],
        )
        health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        assert health[0]["TargetHealth"]["State"] == "initial"
        assert health[0]["TargetHealth"]["Reason"].startswith("Elb.")
        assert get(address)[0] == 503
        until(lambda: world.states(group) == ["unhealthy"])
        health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        assert health[0]["TargetHealth"]["Reason"] == "Target.Timeout"
        assert health[0]["TargetHealth"]["Description"] == "Request timed out"
        # All targets are unhealthy, so the load balancer fails open; this one never answers.
        balancer = elb.describe_load_balancers(Names=["hand"])["LoadBalancers"][0]
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "1"}],
        )
        assert get(address)[0] == 504
    assert get(address)[0] == 502


def test_a_deleted_listener_stops_listening(world: World) -> None:
    address, listener, _ = world.load_balancer("closing")
    assert get(address)[0] == 503
    world.client("elbv2").delete_listener(ListenerArn=listener)
    with pytest.raises(ConnectionRefusedError):
        get(address)
    listeners = json.loads((world.state / "listeners.json").read_text())
    assert listener not in listeners


def test_a_stale_kept_connection_costs_no_request(world: World) -> None:
    """A target that closes kept-alive connections at once, as a server with a short limit does."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)

    def serve() -> None:
        while not stop.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                time.sleep(0.05)  # looks kept alive until the next request arrives

    thread = threading.Thread(target=serve)
    thread.start()
    address, _, group = world.load_balancer("stale")
    world.client("elbv2").register_targets(
        TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": server.getsockname()[1]}]
    )
    until(lambda: world.states(group) == ["healthy"])
    answers = [get(address)[0] for _ in range(40)]
    stop.set()
    thread.join()
    server.close()
    assert answers == [200] * 40
