"""Secrets that are planted wherever one can be, and are found in nothing that the server tells."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from listening import Receiver, Reply
from server import Server, eventually

MODEL = """
from cog import BasePredictor, Path, Secret

class Predictor(BasePredictor):
    def predict(self, token: Secret = Secret("none"), image: Path = None, fail: bool = False) -> str:
        if fail:
            raise ValueError("as it was told")
        return "done"
"""
KEY, WRONG_KEY, ROOT_KEY = "canary-key", "canary-wrong", "canary-root"
TOKEN, USER, QUERY, SECRET_INPUT = "canary-token", "canary-user", "canary-query", "canary-input"
IMAGE = base64.b64encode(b"canary-image-bytes").decode()
SIGNING = base64.b64encode(b"canary-signing-secret-32-bytes--").decode()
HOOK, MISSING = f"/hook?token={QUERY}", f"/missing?token={QUERY}"
CANARIES = (KEY, WRONG_KEY, ROOT_KEY, TOKEN, USER, QUERY, SECRET_INPUT, IMAGE, SIGNING)


def line(name: str, key: str, options: str = "") -> str:
    return f"{name} sha256:{hashlib.sha256(key.encode()).hexdigest()} {options}\n"


def with_secrets(url: str) -> str:
    return url.replace("http://", f"http://{USER}:{USER}@")


def test_no_secret_is_told(tmp_path: Path) -> None:
    keys = line("ada", KEY) + line("root", ROOT_KEY, "scope=read,admin")
    with (
        Receiver() as receiver,
        Server(
            tmp_path,
            MODEL,
            COG_API_KEYS=keys,
            COG_WEBHOOK_SECRET=f"whsec_{SIGNING}",
            WEBHOOK_AUTH_TOKEN=TOKEN,
            COG_LOG_LEVEL="debug",
            arguments=("--upload-url", with_secrets(receiver.url(f"/upload?token={QUERY}"))),
        ) as server,
    ):
        told = []

        def ask(method: str, path: str, body: object = None, key: str = KEY) -> None:
            told.append(server.request(method, path, body, headers={"Authorization": f"Bearer {key}"}).text)

        receiver.script(HOOK, *[Reply(404)] * 2)
        receiver.script(MISSING, Reply(404))
        hook = {"webhook": with_secrets(receiver.url(HOOK)), "webhook_events_filter": ["completed"]}
        values = {"token": SECRET_INPUT, "image": f"data:image/png;base64,{IMAGE}"}
        ask("PUT", "/predictions/good", {"input": values, **hook})
        ask("PUT", "/predictions/failed", {"input": {**values, "fail": True}, **hook})
        ask("PUT", "/predictions/missing", {"input": {"image": with_secrets(receiver.url(MISSING))}})
        ask("PUT", "/predictions/wrong", {"input": {"token": [SECRET_INPUT]}})
        ask("PUT", "/predictions/broken", {"input": {"image": f"data:;base64,{IMAGE}!="}})
        ask("POST", "/predictions", {"input": {}}, WRONG_KEY)
        receiver.wait_for(HOOK, 2)
        eventually(lambda: server.log.count("webhook-failed") == 2, "both webhooks given up")
        for key in (KEY, ROOT_KEY):
            for path in ("/metrics", "/status", "/health-check", "/predictions", "/openapi.json"):
                ask("GET", path, key=key)
        for name in ("good", "failed", "missing", "wrong", "broken"):
            ask("GET", f"/predictions/{name}")
    everything = "\n".join([*told, server.log])
    assert "Request answered" in server.log and "as it was told" in everything
    assert [canary for canary in CANARIES if canary in everything] == []
