"""OpenAI's own client, unchanged, asks models that know nothing of it."""

from __future__ import annotations

import base64
import struct

import dialect_models as models
from client_packages import Client
from conftest import Serve

OPENAI = Client("openai", "openai==3.57.0")
START = """
import openai
client = openai.OpenAI(base_url=base + "/v1", api_key="any")
def ask(text, **options):
    return client.chat.completions.create(model="any", messages=[{"role": "user", "content": text}], **options)
def refused(call):
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code, error.param, error.body["message"]]
"""


def test_a_chat_is_answered_whole_and_piece_by_piece(serve: Serve) -> None:
    code = """
whole = ask("one two three")
pieces = list(ask("one two three", stream=True, stream_options={"include_usage": True}))
plain = list(ask("one two", stream=True))
history = client.chat.completions.create(model="any", messages=[
    {"role": "system", "content": "S"},
    {"role": "user", "content": [{"type": "text", "text": "a"}]},
    {"role": "assistant", "content": "b"},
    {"role": "user", "content": "c"}])
with client.chat.completions.stream(model="any", messages=[{"role": "user", "content": "hi there"}]) as stream:
    helped = stream.get_final_completion().choices[0].message.content
with client.responses.stream(model="any", input="one two") as stream:
    final = stream.get_final_response()
response = client.responses.create(model="any", input="one two", instructions="Be brief")
tell(text=whole.choices[0].message.content, reason=whole.choices[0].finish_reason,
     usage=whole.usage.total_tokens, model=whole.model, request=whole._request_id, id=whole.id,
     deltas=[piece.choices[0].delta.content for piece in pieces if piece.choices],
     ends=[piece.choices[0].finish_reason for piece in pieces if piece.choices][-1],
     stream_usage=[piece.usage.completion_tokens for piece in pieces if piece.usage],
     ids=len({piece.id for piece in pieces}),
     all_have_choices=all(piece.choices for piece in plain),
     history=history.choices[0].message.content, helped=helped,
     response=response.output_text, streamed_response=final.output_text)
"""
    server = serve(models.ECHO, COG_API='{"name":"echo"}')
    told = OPENAI.run(START + code, server.port)
    assert told["text"] == "one two three"
    assert told["reason"] == told["ends"] == "stop"
    assert told["usage"] == 5
    assert told["model"] == "echo"
    assert told["id"] == "chatcmpl-" + told["request"]
    assert told["deltas"] == ["", "one", " two", " three", None]
    assert told["stream_usage"] == [2]
    assert told["ids"] == 1
    assert told["all_have_choices"]
    assert told["history"] == "S\n\nUser: a\nAssistant: b\nUser: c\nAssistant:"
    assert told["helped"] == "hi there"
    assert told["response"] == "Be brief\n\none two"
    assert told["streamed_response"] == "one two"


def test_what_goes_wrong_is_told_as_openai_does_and_no_model_runs_twice(serve: Serve) -> None:
    code = """
def broken(text):
    seen = []
    try:
        for piece in ask(text, stream=True):
            seen.append(piece.choices[0].delta.content)
    except openai.APIError as error:
        return [seen, type(error).__name__, error.code, error.message]
tell(raised=refused(lambda: ask("raise")),
     broken=broken("one raise-later"),
     refused=refused(lambda: ask("x", extra_body={"seed": "no number"})),
     none=refused(lambda: client.chat.completions.create(model="any", messages=[])),
     tools=refused(lambda: ask("x", tools=[{"type": "function", "function": {"name": "f"}}])),
     image=refused(lambda: client.images.generate(model="any", prompt="x")),
     tokens=refused(lambda: client.completions.create(model="any", prompt=[1, 2])))
"""
    server = serve(models.ECHO)
    told = OPENAI.run(START + code, server.port)
    assert told["raised"][:4] == ["InternalServerError", 500, "prediction_failed", None]
    assert told["raised"][4].endswith("this model cannot")
    assert told["broken"][1:3] == ["APIError", "prediction_failed"]
    assert told["broken"][3].endswith("this model cannot go on")
    assert told["broken"][0] == ["", "one"]
    assert told["refused"][:4] == ["BadRequestError", 400, "invalid_value", "seed"]
    assert told["none"][:4] == ["BadRequestError", 400, "invalid_value", "messages"]
    assert told["tools"][:4] == ["BadRequestError", 400, "unsupported_by_model", "tools"]
    assert told["image"][:3] == ["BadRequestError", 400, "unsupported_by_model"]
    assert "it returns no files" in told["image"][4]
    assert told["tokens"][:4] == ["BadRequestError", 400, "invalid_value", "prompt"]
    assert (server.project / "runs").read_text().count("run") == 2


def test_stop_strings_end_an_answer_that_the_model_would_go_on_with(serve: Serve) -> None:
    code = """
pieces = list(ask("one two STOP three", stream=True, stop="STOP"))
tell(whole=ask("one two STOP three", stop=["three", "STOP"]).choices[0].message.content,
     pieces="".join(piece.choices[0].delta.content or "" for piece in pieces),
     end=pieces[-1].choices[0].finish_reason,
     several=[one.message.content for one in ask("a b", n=3, seed=4).choices],
     interleaved=[[piece.choices[0].index, piece.choices[0].delta.content] for piece in ask("a", n=2, stream=True)])
"""
    told = OPENAI.run(START + code, serve(models.ECHO).port)
    assert told["whole"] == told["pieces"] == "one two "
    assert told["end"] == "stop"
    assert told["several"] == ["a b 4", "a b 5", "a b 6"]
    assert [0, "a"] in told["interleaved"] and [1, "a"] in told["interleaved"]


def test_completions_and_models(serve: Serve) -> None:
    code = """
one = client.completions.create(model="any", prompt="hello")
many = client.completions.create(model="any", prompt=["x", "y"])
tell(one=one.choices[0].text, many=[choice.text for choice in many.choices],
     stream=[piece.choices[0].text for piece in client.completions.create(model="any", prompt="x", stream=True)],
     models=[model.id for model in client.models.list()], model=client.models.retrieve("any/one").id)
"""
    told = OPENAI.run(START + code, serve(models.PLAIN, COG_API='{"name":"plain"}').port)
    assert told == {
        "one": "HELLO",
        "many": ["X", "Y"],
        "stream": ["X", ""],
        "models": ["plain"],
        "model": "plain",
    }


def test_embeddings_in_both_encodings(serve: Serve) -> None:
    code = """
many = client.embeddings.create(model="any", input=["a", "bb", "ccc"])
text = client.embeddings.create(model="any", input="a", encoding_format="base64").data[0].embedding
tell(default=client.embeddings.create(model="any", input="abc").data[0].embedding,
     floats=client.embeddings.create(model="any", input="abc", encoding_format="float").data[0].embedding,
     text=text, many=[one.embedding[0] for one in many.data], order=[one.index for one in many.data],
     dimensions=refused(lambda: client.embeddings.create(model="any", input="a", dimensions=7)))
"""
    told = OPENAI.run(START + code, serve(models.EMBED).port)
    assert told["default"] == told["floats"] == [3.0, 0.5, -1.25]
    assert struct.unpack("<3f", base64.b64decode(told["text"])) == (1.0, 0.5, -1.25)
    assert told["many"] == [1.0, 2.0, 3.0]
    assert told["order"] == [0, 1, 2]
    assert told["dimensions"][:4] == ["BadRequestError", 400, "unsupported_by_model", "dimensions"]
    batch = """
many = client.embeddings.create(model="any", input=["a", "bb"])
tell(many=[one.embedding for one in many.data])
"""
    assert OPENAI.run(START + batch, serve(models.BATCH_EMBED).port) == {"many": [[1.0, 0.5], [2.0, 0.5]]}


def test_pictures(serve: Serve) -> None:
    code = """
import base64
made = client.images.generate(model="any", prompt="a cat", size="16x4", n=2, extra_body={"seed": 5})
url = client.images.generate(model="any", prompt="a", response_format="url").data[0].url
tell(made=[base64.b64decode(one.b64_json)[4:].decode() for one in made.data], url=url[:22])
"""
    told = OPENAI.run(START + code, serve(models.PICTURE).port)
    assert told["made"] == ["a cat 16x4 5", "a cat 16x4 6"]
    assert told["url"] == "data:image/png;base64,"
    edit = """
import base64
made = client.images.edit(model="any", prompt="red", image=("cat.png", b"\\x89PNGcat"))
tell(made=base64.b64decode(made.data[0].b64_json)[1:].decode())
"""
    assert OPENAI.run(START + edit, serve(models.EDIT).port) == {"made": "PNGcat red .png"}


def test_sound_in_and_out(serve: Serve) -> None:
    code = """
def hear(**options):
    return client.audio.transcriptions.create(model="any", file=("a.wav", b"sound"), language="de", **options)
verbose = hear(response_format="verbose_json", temperature=0.5)
tell(json=hear().text, text=hear(response_format="text"), verbose=[verbose.text, verbose.segments[0].end],
     srt=hear(response_format="srt"), vtt=hear(response_format="vtt"))
"""
    told = OPENAI.run(START + code, serve(models.LISTEN).port)
    assert told["json"] == told["text"] == "sound de 0.0"
    assert told["verbose"] == ["sound de 0.5", 1.5]
    assert told["srt"] == "1\n00:00:00,000 --> 00:00:01,500\nsound de 0.0\n\n"
    assert told["vtt"] == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nsound de 0.0\n\n"
    live = """
import io
stream = client.audio.transcriptions.create(model="any", file=io.BytesIO(b"RIFF0000WAVE"), stream=True)
tell(events=[[event.type, getattr(event, "delta", None) or event.text] for event in stream])
"""
    assert OPENAI.run(START + live, serve(models.LISTEN_LIVE).port)["events"] == [
        ["transcript.text.delta", "hel"],
        ["transcript.text.delta", "lo"],
        ["transcript.text.done", "hello"],
    ]
    speak = """
spoken = client.audio.speech.create(model="any", input="hi", voice="nova")
tell(bytes=spoken.content.decode(), type=spoken.response.headers["content-type"],
     voice=refused(lambda: client.audio.speech.create(model="any", input="hi", voice="onyx")))
"""
    told = OPENAI.run(START + speak, serve(models.SPEAK).port)
    assert told["bytes"] == "RIFF....WAVE hi nova"
    assert told["type"] == "audio/wav"
    assert told["voice"][:4] == ["BadRequestError", 400, "invalid_value", "voice"]


def test_messages_go_as_they_are_to_a_model_that_takes_them(serve: Serve) -> None:
    code = """
called = ask("x", tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}]).choices[0]
tell(text=ask("hello", max_tokens=3).choices[0].message.content,
     tool=called.message.tool_calls[0].function.name, reason=called.finish_reason)
"""
    told = OPENAI.run(START + code, serve(models.CHAT).port)
    assert told == {"text": "hello of 1, 3", "tool": "f", "reason": "tool_calls"}


def test_a_model_without_a_mapping_says_what_to_write(serve: Serve) -> None:
    server = serve(models.NUMBER)
    answer = server.request("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]})
    assert answer.status == 400
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json["error"]["message"] == (
        "This model does not serve chat completions: no input takes the prompt (text inputs: none). "
        "Name it in cog.yaml: api: {inputs: {prompt: NAME}}"
    )
    assert server.request("GET", "/v1/chat/completions").status == 405
