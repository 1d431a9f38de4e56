"""Triton's client, unchanged, and KServe's protocols as they are on the wire."""

from __future__ import annotations

import base64
import json

import dialect_models as models
from client_packages import Client
from conftest import Serve

TRITON = Client("tritonclient", "tritonclient[http]==2.73.0")
START = """
import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException
client = triton.InferenceServerClient(f"127.0.0.1:{port}")
def tensor(name, array, kind, binary=True):
    made = triton.InferInput(name, list(array.shape), kind)
    made.set_data_from_numpy(array, binary_data=binary)
    return made
"""


def test_tensors_in_both_forms(serve: Serve) -> None:
    code = """
x = numpy.array([1.5, 2.0], dtype=numpy.float32)
k = numpy.array([3], dtype=numpy.int64)
both = client.infer("any", [tensor("x", x, "FP32"), tensor("k", k, "INT64")])
plain = [triton.InferRequestedOutput("output", binary_data=False)]
text = client.infer("any", [tensor("x", x, "FP32", False)], outputs=plain)
two = [tensor("x", numpy.array([[1.0], [2.0]]), "FP64"), tensor("k", numpy.array([2, 5]), "INT64")]
rows = client.infer("any", two)
try:
    client.infer("any", [tensor("y", x, "FP32"), tensor("z", x, "FP32")])
except InferenceServerException as error:
    refused = error.message()
metadata = client.get_model_metadata("any")
tell(both=both.as_numpy("output").tolist(), text=text.as_numpy("output").tolist(),
     rows=rows.as_numpy("output").tolist(),
     refused=refused, inputs=metadata["inputs"], outputs=metadata["outputs"],
     live=client.is_server_live(), ready=client.is_server_ready(), model=client.is_model_ready("any"),
     server=client.get_server_metadata()["extensions"])
"""
    told = TRITON.run(START + code, serve(models.TENSOR).port)
    assert told["both"] == [4.5, 6.0]
    assert told["text"] == [1.5, 2.0]
    assert told["rows"] == [[2.0], [10.0]]
    assert told["refused"] == "The model has no input `y`"
    assert told["inputs"] == [
        {"name": "x", "datatype": "FP64", "shape": [-1]},
        {"name": "k", "datatype": "INT64", "shape": [1]},
    ]
    assert told["outputs"] == [{"name": "output", "datatype": "FP64", "shape": [-1]}]
    assert told["live"] and told["ready"] and told["model"]
    assert "binary_tensor_data" in told["server"]


def test_texts_and_files_as_bytes(serve: Serve) -> None:
    code = """
said = numpy.array(["one two".encode()], dtype=numpy.object_)
whole = client.infer("any", [tensor("anything", said, "BYTES")])
plain = [triton.InferRequestedOutput("output", binary_data=False)]
text = client.infer("any", [tensor("prompt", said, "BYTES", False)], outputs=plain)
tell(whole=whole.as_numpy("output")[0].decode(), text=text.as_numpy("output")[0])
"""
    assert TRITON.run(START + code, serve(models.ECHO).port) == {"whole": "one two", "text": "one two"}
    files = """
picture = client.infer("any", [tensor("image", numpy.array([b"\\x89PNGcat"], dtype=numpy.object_), "BYTES")])
tell(bytes=picture.as_numpy("output")[0][1:].decode())
"""
    assert TRITON.run(START + files, serve(models.EDIT).port) == {"bytes": "PNGcat  .png"}


def test_version_one_has_instances(serve: Serve) -> None:
    server = serve(models.EDIT)
    picture = base64.b64encode(b"cat").decode()
    answer = server.request(
        "POST",
        "/v1/models/a:b:predict",
        {"instances": [{"image": {"b64": picture}, "prompt": "x"}, {"b64": picture}], "parameters": {"prompt": "y"}},
    )
    assert answer.status == 200, answer
    made = [base64.b64decode(one.partition(",")[2]) for one in answer.json["predictions"]]
    assert [one[:5] for one in made] == [b"cat x", b"cat y"]
    assert server.request("GET", "/v1/models/any").json["ready"] is True
    assert server.request("POST", "/v1/models/any:predict", {"inputs": {}}).json == {
        "error": "instances must be a list"
    }


def test_health_and_errors_have_bodies(serve: Serve) -> None:
    server = serve(models.TENSOR)
    assert server.request("GET", "/v2/health/live").json == {"live": True}
    assert server.request("GET", "/v2/health/ready").json == {"ready": True}
    cut = server.request(
        "POST", "/v2/models/m/infer", b'{"inputs":[]} ', headers={"Inference-Header-Content-Length": "13"}
    )
    assert (cut.status, cut.json) == (400, {"error": "the body is longer than its tensors"})
    packed = server.request("POST", "/v2/models/m/infer", b"{}", headers={"Content-Encoding": "gzip"})
    assert packed.status == 415


def test_generate_as_triton_has_it(serve: Serve) -> None:
    server = serve(models.ECHO, COG_API='{"name":"echo"}')
    whole = server.request("POST", "/v2/models/any/generate", {"text_input": "one two", "parameters": {"seed": 3}})
    assert whole.json == {"model_name": "echo", "model_version": "1", "text_output": "one two 3"}
    stream = server.request("POST", "/v2/models/any/generate_stream", {"text_input": "one raise-later"})
    frames = [json.loads(line[6:]) for line in stream.text.split("\n\n") if line]
    assert frames[0]["text_output"] == "one"
    assert frames[-1]["error"].endswith("this model cannot go on")
