import abc
import base64
import collections.abc
import copy
import http.server
import io
import os
import pathlib
import pickle
import threading
import urllib.error

import pytest

from cog import (
    AsyncConcatenateIterator,
    BaseModel,
    ConcatenateIterator,
    FieldInfo,
    File,
    Input,
    Opaque,
    Path,
    Secret,
    URLFile,
    URLPath,
)
from cog.types import get_filename


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.agents.append(self.headers["User-Agent"])
        found = self.path != "/missing"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(b"one\ntwo\n")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.agents = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_path_derives_paths_of_its_own_kind():
    assert isinstance(Path("a"), pathlib.PosixPath)
    assert type(Path("a") / "b") is Path
    assert type(Path("a/b").parent) is Path


@pytest.mark.parametrize("value", [Path("a"), pathlib.Path("a")])
def test_a_path_is_valid_as_it_is(value):
    assert Path.validate(value) is value


def test_text_becomes_a_path():
    assert Path.validate("a/b.png") == Path("a/b.png")
    assert type(Path.validate("file:///x")) is Path


@pytest.mark.parametrize("value", [3, None, b"x"])
def test_other_values_are_no_path(value):
    with pytest.raises(TypeError):
        Path.validate(value)


@pytest.mark.parametrize("url", ["data:text/plain;base64,aGk=", "DATA:text/plain,hi"])
def test_a_data_url_converts_to_a_file_once(url):
    lazy = Path.validate(url)
    assert type(lazy) is URLPath
    assert str(lazy) == os.fspath(lazy) == url
    assert lazy.name == "file.txt"
    file = lazy.convert()
    assert type(file) is Path
    assert file.read_bytes() == b"hi"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.name.endswith("file.txt")
    assert lazy.convert() is file
    lazy.unlink()
    assert not file.exists()
    lazy.unlink(missing_ok=True)
    with pytest.raises(TypeError):
        pickle.dumps(lazy)


def test_unlink_without_convert_removes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("of the same name")
    lazy = URLPath(source="http://h/a", filename="a", fileobj=io.BytesIO(b"content"))
    lazy.unlink()
    assert (tmp_path / "a").read_text() == "of the same name"
    file = lazy.convert()
    assert file.read_bytes() == b"content"
    lazy.unlink()
    assert not file.exists()


def test_a_data_url_without_comma_is_malformed():
    with pytest.raises(ValueError):
        Path.validate("data:text/plain")


@pytest.mark.parametrize(
    "url, name",
    [
        ("https://h/a/photo.jpg?x=1#y", "photo.jpg"),
        ("https://h/a%20b+c.png", "a b c.png"),
        ("https://h/a%2Fb.png", "b.png"),
        ("https://h/a%00b.png", "a_b.png"),
        ("https://h/folder/", ""),
        ("data:image/png;base64,xx", "file.png"),
        ("data:,xx", "file.txt"),
        ("data:no/such-type,xx", "file"),
        ("data:audio/wav;base64,xx", "file.wav"),
        ("data:audio/wav;name=my%20dog.wav;base64,xx", "my dog.wav"),
        ("data:text/plain;charset=utf-8;NAME=notes,xx", "notes"),
        ("data:text/plain;name=..;base64,xx", "file.txt"),
        ("data:text/plain;name=..%2F..%2Fetc,xx", ".._.._etc"),
        ("https://h/" + "x" * 300 + ".jpeg", "x" * 194 + "~.jpeg"),
        ("https://h/" + "é" * 150, "é" * 99 + "~"),
    ],
)
def test_names_of_files_from_urls(url, name):
    found = get_filename(url)
    assert found in (name, "a_b.png") if "a%2Fb" in url else found == name
    assert len(found.encode()) <= 200


def test_file_validates_streams_and_urls():
    stream = io.BytesIO()
    assert File.validate(stream) is stream
    assert File.validate("data:;base64," + base64.b64encode(b"abc").decode()).read() == b"abc"
    assert type(File.validate("https://h/x")) is URLFile
    with pytest.raises(ValueError, match="'ftp' is not a valid URL scheme. 'data', 'http', or 'https' is supported."):
        File.validate("ftp://h/x")


def test_a_url_file_connects_when_it_is_used(server, monkeypatch):
    monkeypatch.setenv("COG_USER_AGENT", "tester/1")
    file = URLFile(f"{server.url}/dir/name.txt")
    assert file.name == "name.txt"
    assert repr(file).endswith(f"for '{server.url}/dir/name.txt'>")
    assert server.agents == []
    assert file.read(4) == b"one\n"
    assert list(file) == [b"two\n"]
    assert server.agents == ["tester/1"]
    assert "wrapping" in repr(file)
    again = pickle.loads(pickle.dumps(file))
    assert again.name == "name.txt" and again.read() == b"one\ntwo\n"
    for opened in (file, again):
        opened._response.close()


def test_a_url_file_checks_the_status(server):
    with pytest.raises(urllib.error.HTTPError) as error:
        URLFile(f"{server.url}/missing").read()
    error.value.close()


def test_a_url_file_needs_http():
    with pytest.raises(ValueError, match="must be HTTP or HTTPS"):
        URLFile("data:,x")


def test_a_url_path_downloads(server):
    lazy = Path.validate(f"{server.url}/n.bin")
    assert lazy.convert().read_bytes() == b"one\ntwo\n"
    lazy.fileobj._response.close()
    lazy.unlink()


def test_secrets_do_not_show_themselves():
    secret = Secret("hush")
    assert (str(secret), repr(secret), f"{secret}") == ("**********", "Secret(**********)", "**********")
    assert str(Secret()) == ""
    assert secret.get_secret_value() == "hush"
    assert secret == Secret("hush") and hash(secret) == hash(Secret("hush")) and secret != Secret("else")
    assert pickle.loads(pickle.dumps(secret)) == copy.deepcopy(secret) == secret
    with pytest.raises(AttributeError):
        secret.secret_value = "x"


@pytest.mark.parametrize(
    "cls, base",
    [(ConcatenateIterator, collections.abc.Iterator), (AsyncConcatenateIterator, collections.abc.AsyncIterator)],
)
def test_iterators_are_annotations_only(cls, base):
    assert issubclass(cls, base)
    assert isinstance(cls, abc.ABCMeta)
    assert cls[str].__args__ == (str,)
    with pytest.raises(TypeError):
        cls()


def test_opaque_is_one_object():
    assert repr(Opaque) == "cog.Opaque"
    assert copy.copy(Opaque) is Opaque


def test_input_makes_frozen_metadata():
    field = Input(3, description="d", ge=1)
    assert type(field) is FieldInfo
    assert field == FieldInfo(3, "d", ge=1) and field != FieldInfo(4)
    assert FieldInfo().default is None and FieldInfo().choices is None
    assert pickle.loads(pickle.dumps(Input())).given is False
    with pytest.raises(AttributeError):
        field.ge = 2


@pytest.mark.parametrize("arguments", [{"default_factory": list}, {"minimum": 1}])
def test_input_refuses_unknown_arguments(arguments):
    with pytest.raises(TypeError):
        Input(**arguments)


def test_models_are_dataclasses():
    class Out(BaseModel):
        score: float
        label: str = "x"

    assert Out(1, "y") == Out(score=1, label="y")
    assert Out(1).label == "x"
    with pytest.raises(TypeError):
        Out()


def test_options_of_models_go_to_dataclass():
    class Frozen(BaseModel, frozen=True):
        n: int

    with pytest.raises(AttributeError):
        Frozen(1).n = 2
    with pytest.raises(TypeError):

        class Unknown(BaseModel, no_such_option=True):
            n: int


def test_a_field_without_default_may_follow_one_with():
    class Out(BaseModel):
        label: str = "x"
        n: int

    class Child(Out):
        m: int

    assert Out(n=2) == Out("x", 2)
    assert Child(n=1, m=2).m == 2
    for make in (Out, lambda: Child(n=1)):
        with pytest.raises(TypeError, match="missing required argument: '[nm]'"):
            make()


def test_optional_fields_may_be_left_out():
    from typing import Optional

    class Out(BaseModel):
        file: Optional[Path]
        n: int

    assert Out(n=1).file is None


def test_mutable_defaults_are_refused():
    with pytest.raises(ValueError):

        class Out(BaseModel):
            items: list = []


def test_models_may_opt_out():
    class Plain(BaseModel, auto_dataclass=False):
        n: int

    assert not hasattr(Plain, "__dataclass_fields__")

    class Again(Plain):
        m: int

    assert Again(m=1).m == 1
    with pytest.raises(ValueError, match="auto_dataclass=False"):

        class Broken(Again, auto_dataclass=False):
            pass


def test_bases_of_models_must_fit():
    import dataclasses

    @dataclasses.dataclass
    class Data:
        n: int

    class Other:
        pass

    with pytest.raises(TypeError, match="primary base class"):

        class First(Other, BaseModel):
            pass

    with pytest.raises(TypeError, match="Cannot mix"):

        class Second(BaseModel, Data):
            pass


def test_suppress_output_silences_descriptors(capfd):
    from cog.suppress_output import suppress_output

    with suppress_output():
        os.write(1, b"hidden")
        os.write(2, b"hidden")
    os.write(1, b"shown")
    assert capfd.readouterr() == ("shown", "")
