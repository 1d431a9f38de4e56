"""What SageMaker, Vertex AI, Azure ML and Hugging Face send, by their clients where they have some."""

from __future__ import annotations

import json
from typing import Any

import dialect_models as models
import pytest
from client_packages import Client
from conftest import Serve
from server import Server

BOTO = Client("boto3", "boto3==1.44.8")
HUB = Client("huggingface", "huggingface_hub==2.4.0")
BOTO_START = """
import boto3, botocore
client = boto3.client("sagemaker-runtime", endpoint_url=base, region_name="us-east-1",
                      aws_access_key_id="a", aws_secret_access_key="b")
def call(body, **options):
    return client.invoke_endpoint(EndpointName="any", Body=body, **options)
"""
HUB_START = """
from huggingface_hub import InferenceClient
client = InferenceClient(base_url=base)
"""
ATTRIBUTES = """
from cog import BaseRunner, current_scope

class Predictor(BaseRunner):
    def run(self, prompt: str) -> str:
        return prompt + " " + current_scope().context.get("custom_attributes", "none")
"""


def test_sagemaker_s_client(serve: Serve) -> None:
    code = """
answer = call(b'{"prompt": "one two"}', ContentType="application/json")
chat = call(b'{"messages": [{"role": "user", "content": "hi"}]}')
plain = call(b"one two", ContentType="text/plain", Accept="text/plain")
live = b'{"prompt": "one two", "stream": true}'
streamed = client.invoke_endpoint_with_response_stream(EndpointName="any", Body=live)
parts = [event["PayloadPart"]["Bytes"].decode() for event in streamed["Body"]]
try:
    call(b'{"prompt": "raise"}')
except client.exceptions.ModelError as error:
    raised = [error.response["OriginalStatusCode"], error.response["OriginalMessage"]]
try:
    late = b'{"prompt": "one raise-later", "stream": true}'
    broken = client.invoke_endpoint_with_response_stream(EndpointName="any", Body=late)
    list(broken["Body"])
except botocore.exceptions.EventStreamError as error:
    lost = error.response["Error"]["Code"]
tell(answer=json.loads(answer["Body"].read())["output"],
     chat=json.loads(chat["Body"].read())["choices"][0]["message"]["content"],
     plain=plain["Body"].read().decode(), type=plain["ContentType"], parts=parts, raised=raised, lost=lost)
"""
    server = serve(models.ECHO)
    told = BOTO.run(BOTO_START + code, server.port)
    assert told["answer"] == ["one", " two"]
    assert told["chat"] == "hi"
    assert told["plain"] == "one two"
    assert told["type"].startswith("text/plain")
    assert any('"chunk":"one"' in part for part in told["parts"])
    assert told["raised"][0] == 500
    assert "this model cannot" in told["raised"][1]
    assert told["lost"] == "ModelStreamError"
    assert (server.project / "runs").read_text().count("run") == 6


def test_custom_attributes_reach_the_model_and_come_back(serve: Serve) -> None:
    code = """
answer = call(b'{"prompt": "x"}', CustomAttributes="a=1")
tell(output=json.loads(answer["Body"].read())["output"], back=answer["CustomAttributes"])
"""
    assert BOTO.run(BOTO_START + code, serve(ATTRIBUTES).port) == {"output": "x a=1", "back": "a=1"}


def test_sagemaker_s_container(serve: Serve) -> None:
    server = serve(models.EDIT)
    assert server.request("GET", "/ping").status == 200
    picture = server.request(
        "POST", "/invocations", b"\x89PNGcat", headers={"Content-Type": "image/png", "Accept": "image/*"}
    )
    assert picture.headers["content-type"] == "image/png"
    assert picture.body == b"\x89PNGcat  .png"
    table = server.request("POST", "/invocations", b"a,b", headers={"Content-Type": "text/csv"})
    assert table.status == 415
    assert "image/*" in table.json["error"]


def test_lines_of_json(serve: Serve) -> None:
    server = serve(models.PLAIN)
    body = b'{"text": "a"}\n"b"\n'
    answer = server.request("POST", "/invocations", body, headers={"Content-Type": "application/jsonlines"})
    assert answer.body == b'"A"\n"B"\n'


@pytest.mark.parametrize("route", ["/v1/endpoints/7/deployedModels/8:predict", "/own/route", "/predict"])
def test_vertex(serve: Serve, route: str) -> None:
    server = serve(models.PLAIN, AIP_PREDICT_ROUTE="/own/route", AIP_HEALTH_ROUTE="/own/route")
    answer = server.request("POST", route, {"instances": ["a", {"text": "b"}]})
    assert answer.json == {"predictions": ["A", "B"]}
    if route != "/predict":
        assert server.request("GET", route).status == 200


def test_vertex_on_cog_s_own_route(serve: Serve) -> None:
    server = serve(models.PLAIN, AIP_PREDICT_ROUTE="/predictions", AIP_HEALTH_ROUTE="/health")
    assert server.request("POST", "/predictions", {"instances": ["a"]}).json == {"predictions": ["A"]}
    assert server.output(text="a") == "A"


def test_azure_takes_the_output_alone(serve: Serve) -> None:
    server = serve(models.TENSOR)
    assert server.request("POST", "/score", {"x": [1, 2], "k": 2}).json == [2.0, 4.0]
    assert server.request("POST", "/score", {"y": 1}).json == {"error": "The model has no input `y`"}


def test_hugging_face_s_client_with_text(serve: Serve) -> None:
    code = """
tell(text=client.text_generation("one two"),
     pieces="".join(client.text_generation("one two", stream=True)),
     whole=[token.generated_text for token in client.text_generation("one two", stream=True, details=True)][-1],
     chat=client.chat_completion(messages=[{"role": "user", "content": "hi"}]).choices[0].message.content)
"""
    told = HUB.run(HUB_START + code, serve(models.ECHO).port)
    assert told == {"text": "one two", "pieces": "one two", "whole": "one two", "chat": "hi"}


def test_hugging_face_s_client_with_files(serve: Serve) -> None:
    code = """
from huggingface_hub import InferenceClient
tell(vector=client.feature_extraction("abc").tolist())
"""
    hub = Client("huggingface-numpy", "huggingface_hub==2.4.0", "numpy==2.4.6", "pillow==13.0.0")
    assert hub.run(HUB_START + code, serve(models.EMBED).port)["vector"] == [3.0, 0.5, -1.25]
    speech = 'tell(bytes=client.text_to_speech("hi").decode())'
    assert HUB.run(HUB_START + speech, serve(models.SPEAK).port) == {"bytes": "RIFF....WAVE hi alba"}
    heard = 'tell(text=client.automatic_speech_recognition(b"sound").text)'
    assert HUB.run(HUB_START + heard, serve(models.LISTEN_LIVE).port) == {"text": "hello"}


def failure(server: Server, body: object) -> tuple[int, Any]:
    answer = server.request("POST", "/", body)
    return answer.status, answer.json


def test_hugging_face_s_errors(serve: Serve) -> None:
    server = serve(models.ECHO)
    status, raised = failure(server, {"inputs": "raise"})
    assert (status, raised["error_type"]) == (424, "generation")
    assert raised["error"].endswith("this model cannot")
    assert failure(server, {})[0] == 422
    assert server.request("POST", "/").status == 405
    assert server.request("GET", "/health").status == 200


def test_the_index_says_what_a_model_serves(serve: Serve) -> None:
    index = serve(models.PLAIN).request("GET", "/").json
    assert index["status"] == "alive"
    assert index["operations"]["chat completions"] is True
    assert index["operations"]["speech"].startswith("This model does not serve speech: it returns no files")


def test_every_dialect_of_one_server_gives_the_same_output(serve: Serve) -> None:
    server = serve(models.PLAIN)
    asked = {
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "hello"}]},
        "/v1/completions": {"prompt": "hello"},
        "/v1/responses": {"input": "hello"},
        "/v1/models/m:predict": {"instances": ["hello"]},
        "/v2/models/m/infer": {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["hello"]}]},
        "/v2/models/m/generate": {"text_input": "hello"},
        "/invocations": {"text": "hello"},
        "/predict": {"instances": ["hello"]},
        "/score": {"text": "hello"},
        "/": {"inputs": "hello"},
        "/predictions": {"input": {"text": "hello"}},
    }
    connection = server.connect()
    for path, body in asked.items():
        answer = server.request("POST", path, body, connection=connection)
        assert answer.status == 200, (path, answer)
        assert "HELLO" in json.dumps(answer.json), path
    connection.close()


def test_a_dialect_can_be_switched_off(serve: Serve) -> None:
    server = serve(models.PLAIN, COG_API='{"off":["openai","huggingface"]}')
    assert server.request("POST", "/v1/chat/completions", {}).status == 404
    assert server.request("POST", "/", {"inputs": "x"}).status == 405
    assert server.request("POST", "/score", {"text": "x"}).json == "X"


def test_a_block_that_makes_no_sense_stops_the_start(serve: Serve) -> None:
    with pytest.raises(AssertionError, match="COG_API: inputs.promt: is no role"):
        serve(models.PLAIN, COG_API='{"inputs":{"promt":"text"}}')
