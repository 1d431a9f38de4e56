"""Replicate's own client, unchanged, asks models here as it asks its cloud."""

from __future__ import annotations

import dialect_models as models
from client_packages import Client
from conftest import Serve

REPLICATE = Client("replicate", "replicate==1.0.7")
START = """
import replicate
client = replicate.Client(api_token="any", base_url=base)
"""

SLOW = """
import pathlib, time
from cog import BaseRunner

class Predictor(BaseRunner):
    def run(self, text: str) -> str:
        pathlib.Path("running").touch()
        while not pathlib.Path("go").exists():
            time.sleep(0.01)
        return text
"""


def test_run_waits_polls_and_iterates(serve: Serve) -> None:
    code = """
version = client.models.get("me/echo").latest_version
tell(run="".join(client.run("me/echo", input={"prompt": "one two"})),
     pinned="".join(client.run(f"me/echo:{version.id}", input={"prompt": "one two"}, wait=False)),
     streamed=[[event.event.value, event.data] for event in client.stream("me/echo", input={"prompt": "a\\nb  c"})],
     schema="Input" in version.openapi_schema["components"]["schemas"],
     versions=len(list(client.models.get("me/echo").versions.list())))
"""
    told = REPLICATE.run(START + code, serve(models.ECHO).port)
    assert told["run"] == told["pinned"] == "one two"
    assert told["streamed"] == [["output", "a\nb"], ["output", " "], ["output", " c"], ["done", "{}"]]
    assert told["schema"]
    assert told["versions"] == 1


def test_a_prediction_is_made_found_listed_and_fails(serve: Serve) -> None:
    code = """
made = client.predictions.create(model="me/echo", input={"prompt": "one two"})
first = made.status
made.wait()
failed = client.predictions.create("any", input={"prompt": "raise"}, wait=True)
try:
    client.run("me/echo", input={"prompt": "raise"})
except replicate.exceptions.ModelError as error:
    raised = str(error)
try:
    client.predictions.create(model="me/echo", input={"prompt": 7})
except replicate.exceptions.ReplicateError as error:
    refused = [error.status, error.title, error.detail]
tell(first=first, output=made.output, status=made.status,
     listed=made.id in [one.id for one in client.predictions.list()],
     failed=[failed.status, failed.error], raised=raised, refused=refused, found=client.predictions.get(made.id).output)
"""
    server = serve(models.ECHO)
    told = REPLICATE.run(START + code, server.port)
    assert told["first"] == "starting"
    assert told["output"] == told["found"] == ["one", " two"]
    assert told["status"] == "succeeded"
    assert told["listed"]
    assert told["failed"][0] == "failed"
    assert told["failed"][1].endswith("this model cannot")
    assert "this model cannot" in told["raised"]
    assert told["refused"][:2] == [422, "Input validation failed"]
    assert told["refused"][2].startswith("- input.prompt: ")
    unknown = server.request("GET", "/v1/predictions/unknown")
    assert (unknown.status, unknown.json["title"], unknown.json["status"]) == (404, "Not found", 404)


def test_a_prediction_that_takes_longer_than_its_client_waits_is_starting_and_can_be_cancelled(serve: Serve) -> None:
    code = """
import pathlib
made = client.predictions.create(model="me/slow", input={"text": "x"}, wait=1)
first = made.status
made.cancel()
made.wait()
tell(first=first, output=made.output, status=made.status)
"""
    server = serve(SLOW)
    assert REPLICATE.run(START + code, server.port) == {"first": "starting", "output": None, "status": "canceled"}


def test_a_file_comes_back_as_the_client_s_own_file(serve: Serve) -> None:
    code = """
made = client.run("me/picture", input={"prompt": "cat"})
tell(kind=type(made).__name__, bytes=made.read()[1:].decode())
"""
    told = REPLICATE.run(START + code, serve(models.PICTURE).port)
    assert told == {"kind": "FileOutput", "bytes": "PNGcat 8x8 0"}


def test_without_kept_results_nobody_could_ask_for_one(serve: Serve) -> None:
    server = serve(models.ECHO, COG_KEEP_RESULTS="0")
    answer = server.request("POST", "/v1/predictions", {"version": "x", "input": {"prompt": "a"}})
    assert answer.status == 400
    assert "COG_KEEP_RESULTS" in answer.json["detail"]
