"""Webhooks signed by Standard Webhooks, verified by that project's own package."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import model
from conftest import Serve
from listening import STREAMING, Hook, Receiver, Reply, Stream, create_async
from package_venv import PackageVenv, Unavailable
from server import Server

PACKAGES = PackageVenv("webhooks", "standardwebhooks==1.1.0")
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(64))).decode()
VERIFY = """
import base64, json, sys
from standardwebhooks import Webhook, WebhookVerificationError
for line in sys.stdin:
    one = json.loads(line)
    try:
        Webhook(one["secret"]).verify(base64.b64decode(one["body"]), one["headers"])
        print("good")
    except WebhookVerificationError as problem:
        print(problem)
"""
NAMES = {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        PACKAGES.install()
    except Unavailable as reason:
        pytest.skip(str(reason))
    return PACKAGES.python


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    return "/" + re.sub(r"\W+", "-", request.node.name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("signed")
    with Server(folder, STREAMING, COG_WEBHOOK_SECRET=SECRET, COG_THROTTLE_RESPONSE_INTERVAL="0") as server:
        yield server


def verdicts(python: Path, *checked: tuple[str, dict[str, str], bytes]) -> list[str]:
    lines = [
        json.dumps({"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()})
        for secret, headers, body in checked
    ]
    ran = subprocess.run([str(python), "-c", VERIFY], input="\n".join(lines), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def verify(python: Path, hooks: list[Hook], secret: str = SECRET) -> None:
    assert hooks
    assert verdicts(python, *[(secret, hook.headers, hook.raw) for hook in hooks]) == ["good"] * len(hooks)


@pytest.mark.parametrize("mode", ["sync", "async", "stream"])
def test_every_event_of_every_mode(server: Server, receiver: Receiver, python: Path, path: str, mode: str) -> None:
    values, fields = {"code": "print('x'); yield 'a'; yield 'b'"}, {"webhook": receiver.url(path)}
    if mode == "stream":
        with Stream(server, values, **fields) as stream:
            stream.rest()
    elif mode == "async":
        create_async(server, values, **fields)
    else:
        server.create(values, **fields)
    receiver.end(path)
    hooks = receiver.received(path)
    verify(python, hooks)
    ids = [hook.headers["webhook-id"] for hook in hooks]
    assert len(set(ids)) == len(hooks) >= 4
    assert all(re.fullmatch(r"msg_[0-9A-Za-z]{22}", id) for id in ids)


def test_one_that_is_tried_again_keeps_its_id(server: Server, receiver: Receiver, python: Path, path: str) -> None:
    receiver.script(path, Reply(500, {"Retry-After": "2"}))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    first, second = receiver.wait_for(path, 2)
    verify(python, [first, second])
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])


def test_one_of_ten_megabytes_and_one_with_a_file(serve: Serve, receiver: Receiver, python: Path, path: str) -> None:
    server = serve(model(), COG_WEBHOOK_SECRET=SECRET)
    url, events = receiver.url(path), ["completed"]
    receiver.script(path, Reply(503))  # while it waits it lies in a file
    server.create({"code": "return 'x' * 10_000_000"}, webhook=url, webhook_events_filter=events)
    code = "Path('a.bin').write_bytes(bytes(300_000)); return cog.Path('a.bin')"
    server.create({"code": code}, webhook=url, webhook_events_filter=events)
    hooks = receiver.wait_for(path, 3)
    verify(python, hooks)
    assert {len(hook.raw) > 10_000_000 for hook in hooks} == {True, False}
    assert len({hook.headers["webhook-id"] for hook in hooks}) == 2


def test_while_a_secret_is_exchanged_both_sign(serve: Serve, receiver: Receiver, python: Path, path: str) -> None:
    server = serve(STREAMING, COG_WEBHOOK_SECRET=f"{SECRET}  {OTHER}")
    server.create({}, webhook=receiver.url(path))
    receiver.end(path)
    for secret in (SECRET, OTHER):
        verify(python, receiver.received(path), secret)


def test_what_was_changed_is_refused(server: Server, receiver: Receiver, python: Path, path: str) -> None:
    server.create({}, webhook=receiver.url(path))
    hook = receiver.end(path)
    changed = bytes([hook.raw[0] ^ 1]) + hook.raw[1:]
    old = {**hook.headers, "webhook-timestamp": str(int(time.time()) - 400)}
    renamed = {**hook.headers, "webhook-id": hook.headers["webhook-id"] + "x"}
    answers = verdicts(
        python, (SECRET, hook.headers, changed), (OTHER, hook.headers, hook.raw), (SECRET, old, hook.raw),
        (SECRET, renamed, hook.raw), (SECRET, hook.headers, hook.raw),
    )  # fmt: skip
    assert [answer == "good" for answer in answers] == [False, False, False, False, True]


@pytest.mark.parametrize(("status", "elsewhere", "kept"), [(307, False, True), (307, True, False), (302, False, False)])
def test_a_redirect_that_leads_away_gets_no_signature(
    serve: Serve, receiver: Receiver, python: Path, path: str, status: int, elsewhere: bool, kept: bool
) -> None:
    server = serve(STREAMING, COG_WEBHOOK_SECRET=SECRET, WEBHOOK_AUTH_TOKEN="s3cret")
    with Receiver() as other:
        target = other if elsewhere else receiver
        receiver.script(path, Reply(status, {"Location": target.url(path + "-target")}))
        server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
        (hook,) = target.wait_for(path + "-target", 1)
    secret = NAMES | {"authorization"}
    assert secret & set(hook.headers) == (secret if kept else set())
    assert secret <= set(receiver.received(path)[0].headers)
    if kept:
        verify(python, [hook])


def test_without_a_secret_nothing_is_signed(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    server.create({}, webhook=receiver.url(path))
    assert not NAMES & set(receiver.end(path).headers)


def test_the_model_does_not_see_the_secret(serve: Serve) -> None:
    server = serve(model(), COG_WEBHOOK_SECRET=SECRET)
    answer = server.create({"code": "import os; return [name for name in os.environ if 'SECRET' in name]"})
    assert answer.json["output"] == []
