"""`cog build` on a real engine without any network: the image, its labels, and a prediction from it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cog_tool import tool
from docker_engine import BASE, Engine
from docker_tool import Tool
from packaged import needs_plain_build, needs_root, wheel
from server import eventually

pytestmark = [needs_root, needs_plain_build]

YAML = """build:
  python_version: "3.11"
  python_requirements: requirements.txt
  run:
    - echo hello > /step.txt
    - command: wc -c < /tmp/token > /length.txt
      mounts: [{type: secret, id: token, target: /tmp/token}]
run: run.py:Runner
environment:
  - GREETING=good day
  - COG_KEEP_RESULTS=3
concurrency: {max: 2}
"""
SMALL = 'build:\n  python_version: "3.11"\nrun: run.py:Runner\n'
MODEL = """import os
import greetings
from cog import BaseRunner, Input

class Runner(BaseRunner):
    def run(self, name: str = Input(description="Whom to greet")) -> str:
        return f"{os.environ['GREETING']} {name} {greetings.MARK}"
"""
PLAIN = "from cog import BaseRunner\nclass Runner(BaseRunner):\n    def run(self) -> str:\n        return 'x'\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n"
APT_GET = """#!/bin/sh
[ "$1" = install ] || exit 0
printf '#!/bin/sh\\necho made "$@"\\n' > /usr/bin/curl
chmod +x /usr/bin/curl
"""
SECRET = "do-not-keep-me"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`cog` as pip installs it, with no wheel beside it."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/pip", "install", "-q", "--no-index", wheel()], check=True)
    return folder / "bin/cog"


def cog(
    engine: Engine, program: Path, folder: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "COG_BASE_IMAGE": BASE,
        **engine.variables,
        **variables,
    }
    return subprocess.run([str(program), *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def build(engine: Engine, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return cog(engine, tool(), folder, "build", *arguments, COG_SDK_WHEEL=str(wheel()), **variables)


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_py", ".py").replace("_yaml", ".yaml")).write_text(content)
    return folder


def labels(engine: Engine, image: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(engine.docker("image", "inspect", "-f", "{{json .Config.Labels}}", image))
    return found


def in_image(engine: Engine, image: str, script: str) -> str:
    return engine.docker("run", "--rm", "--network", "none", image, "sh", "-c", script)


def package(folder: Path, **more: Path) -> None:
    """A wheel of a project's own, with more files by their names in it."""
    folder.mkdir()
    info = "greetings-1.0.dist-info"
    with zipfile.ZipFile(folder / "greetings-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("greetings.py", "MARK = '!'\n")
        for name, path in more.items():
            archive.write(path, name)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("build") / "Greeter 1", cog_yaml=YAML, run_py=MODEL, token=SECRET)
    (folder / "requirements.txt").write_text("# ours\n./wheels/greetings-1.0-py3-none-any.whl\ncog==0.9\n")
    (folder / ".dockerignore").write_text("token\n*.secret\nwheels\n")
    (folder / "x.secret").write_text("")
    package(folder / "wheels")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x", "--allow-empty"]
    subprocess.run(commit, cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def image(engine: Engine, installed: Path, project: Path) -> str:
    done = cog(
        engine,
        installed,
        project,
        "build",
        "--secret",
        "id=token,src=token",
        "--progress",
        "plain",
        COG_CA_CERT=CERTIFICATE,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "Building Docker image from environment in cog.yaml as cog-greeter-1..." in done.stderr
    assert "requirements.txt:3: cog found in requirements — overriding with" in done.stderr
    assert "run.py:Runner is synchronous: the server loads 2 copies" in done.stderr
    assert done.stderr.splitlines()[-1] == "Image built as cog-greeter-1"
    return "cog-greeter-1"


def test_the_labels(engine: Engine, project: Path, image: str) -> None:
    found = labels(engine, image)
    config = json.loads(found["run.cog.config"])
    assert config["predict"] == "run.py:Runner" and "run" not in config
    assert config["concurrency"] == {"max": 2}
    assert config["environment"] == ["GREETING=good day", "COG_KEEP_RESULTS=3"]
    assert config["build"]["run"][1]["mounts"] == [{"type": "secret", "id": "token", "target": "/tmp/token"}]
    schema = json.loads(found["run.cog.openapi_schema"])
    assert list(schema["components"]["schemas"]["Input"]["properties"]) == ["name"]
    assert "greetings" in found["run.cog.pip_freeze"] and "cog-cpp" in found["run.cog.pip_freeze"]
    assert found["run.cog.has_init"] == "true"
    assert found["run.cog.version"] == "0.23.1"
    assert found["run.cog.build"].startswith("cog-cpp ")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True)
    assert found["org.opencontainers.image.revision"] == head.stdout.strip()


def test_what_is_in_the_image(engine: Engine, project: Path, image: str) -> None:
    files = in_image(engine, image, "cd /src && find . -type f -not -path './.git/*' | sort").splitlines()
    assert files == ["./.cog/openapi_schema.json", "./.dockerignore", "./cog.yaml", "./requirements.txt", "./run.py"]
    assert (
        in_image(engine, image, "cat /step.txt /length.txt; ls /tmp")
        == f"hello\n{len(SECRET)}\nlocal_package_artifacts\nrequirements.txt"
    )
    assert in_image(engine, image, "tail -n 3 /etc/ssl/certs/ca-certificates.crt") == CERTIFICATE.strip()
    assert SECRET not in engine.docker("history", "--no-trunc", image)
    config = json.loads(engine.docker("image", "inspect", "-f", "{{json .Config}}", image))
    assert not config.get("Entrypoint")
    assert config["Cmd"] == ["python", "-m", "cog.server.http"]
    assert {"GREETING=good day", "COG_MAX_CONCURRENCY=2", "COG_PREDICT_TYPE_STUB=run.py:Runner"} <= set(config["Env"])


def test_nothing_is_left_of_the_build(engine: Engine, project: Path, image: str) -> None:
    assert not (project / ".cog/build").exists()
    assert json.loads((project / ".cog/openapi_schema.json").read_text())["openapi"].startswith("3.")
    assert "cog-tmp" not in engine.docker("image", "ls")


def test_a_prediction(engine: Engine, image: str) -> None:
    container = engine.docker("run", "-d", "-p", "127.0.0.1::5000", image)

    def call(method: str, path: str, body: object = None) -> Any:
        connection = engine.connect(engine.docker("port", container, "5000"))
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        return json.load(connection.getresponse())

    def ready() -> bool:
        try:
            return bool(call("GET", "/health-check")["status"] == "READY")
        except ConnectionError:
            return False

    try:
        eventually(ready, "READY")
        assert call("POST", "/predictions", {"input": {"name": "Ada"}})["output"] == "good day Ada !"
    finally:
        engine.docker("rm", "-f", container)


def test_the_cache_is_used_unless_told_otherwise(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "small", cog_yaml=SMALL, run_py=PLAIN)
    assert build(engine, folder, "-t", "small:1").returncode == 0
    again = build(engine, folder, "-t", "small:1")
    assert "Successfully installed cog-cpp" not in again.stderr
    fresh = build(engine, folder, "-t", "small:1", "--no-cache")
    assert fresh.returncode == 0
    assert "Successfully installed cog-cpp" in fresh.stderr


def test_the_name_of_cog_yaml_and_another_file(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "named", run_py=PLAIN)
    (folder / "other.yaml").write_text(SMALL + "image: example.com/me/model:3\n")
    done = build(engine, folder, "-f", "other.yaml", "--progress", "quiet")
    assert done.returncode == 0, done.stderr
    assert (
        in_image(engine, "example.com/me/model:3", "cat cog.yaml") == (SMALL + "image: example.com/me/model:3").strip()
    )


def test_separate_weights(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "heavy", cog_yaml=SMALL, run_py=PLAIN)
    (folder / "weights").mkdir()
    (folder / "weights/model.bin").write_bytes(bytes(11 * 1024 * 1024))
    (folder / "weights/names.txt").write_text("small, but beside them\n")
    done = build(engine, folder, "--separate-weights")
    assert done.returncode == 0, done.stderr
    assert "cog-heavy-weights" in engine.docker("image", "ls", "--format", "{{.Repository}}")
    assert in_image(engine, "cog-heavy", "stat -c %s weights/model.bin; cat weights/names.txt").split()[0] == "11534336"
    sizes = engine.docker("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", "cog-heavy").splitlines()
    assert [int(line.split()[0]) > 10_000_000 for line in sizes if "COPY . /src" in line] == [False]
    (folder / "run.py").write_text(PLAIN + "# changed\n")
    again = build(engine, folder, "--separate-weights")
    assert "Weights unchanged, skip rebuilding and use cached image..." in again.stderr
    assert in_image(engine, "cog-heavy", "tail -n 1 run.py") == "# changed"


def test_separate_weights_leave_out_what_is_ignored(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "ignoring", cog_yaml=SMALL, run_py=PLAIN)
    for name in ("venv/lib/big.so", "weights/model.bin", "weights/old/model.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(11 * 1024 * 1024))
    (folder / ".dockerignore").write_text("venv\n**/old\n")
    done = build(engine, folder, "--separate-weights")
    assert done.returncode == 0, done.stderr
    assert in_image(engine, "cog-ignoring", "find . -name '*.so' -o -name '*.bin'") == "./weights/model.bin"


def test_a_step_that_fails(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "broken", cog_yaml=SMALL.replace("run: run", "  run: ['false']\nrun: run"), run_py=PLAIN)
    done = build(engine, folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Failed to build Docker image: image build failed: " in done.stderr
    assert "cog-broken" not in engine.docker("image", "ls")
    assert not (folder / ".cog/build").exists()


def with_step(step: str) -> str:
    return SMALL.replace("run: run", f"  run: ['{step}']\nrun: run")


def test_a_step_gets_the_programs_that_it_needs(engine: Engine, tmp_path: Path) -> None:
    """No network is here: the base's own apt-get makes what it is asked for."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "apt-get").write_text(APT_GET)
    (base / "apt-get").chmod(0o755)
    (base / "Dockerfile").write_text(f"FROM {BASE}\nCOPY apt-get /usr/bin/apt-get\n")
    engine.docker("build", "-q", "-t", "with-apt", str(base))
    folder = write(tmp_path / "needy", cog_yaml=with_step("curl hello | cat > /got"), run_py=PLAIN)
    done = build(engine, folder, COG_BASE_IMAGE="with-apt")
    assert done.returncode == 0, done.stderr
    assert "Also installed, unless with-apt has them: curl for build.run[0]" in done.stderr
    assert in_image(engine, "cog-needy", "cat /got") == "made hello"


@pytest.mark.parametrize("buildkit", ["1", "0"])
def test_a_step_that_fails_says_what_would_help(engine: Engine, tmp_path: Path, buildkit: str) -> None:
    folder = write(tmp_path / "lacking", cog_yaml=with_step("imagetool x"), run_py=PLAIN)
    done = build(engine, folder, DOCKER_BUILDKIT=buildkit)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("imagetool is not in the image: add the Debian package that has it to build.system_packages")


def test_a_build_on_a_terminal(engine: Engine, tmp_path: Path) -> None:
    """The builder still draws, and the end says what would help."""
    folder = write(tmp_path / "seen", cog_yaml=with_step("imagetool x"), run_py=PLAIN)
    with Tool(engine, folder, BUILDKIT_PROGRESS="auto").begin("build", terminal=True) as building:
        shown = building.rest()
        assert building.wait() == 1
    assert "\x1b[" in shown and "[+] Building" in shown
    assert "imagetool is not in the image: add the Debian package" in shown.splitlines()[-1]


@pytest.mark.parametrize("buildkit", ["1", "0"])
def test_ctrl_c_ends_a_build(engine: Engine, tmp_path: Path, buildkit: str) -> None:
    folder = write(tmp_path / "endless", cog_yaml=with_step('echo be""gun; sleep infinity'), run_py=PLAIN)
    with Tool(engine, folder, DOCKER_BUILDKIT=buildkit).begin("build") as building:
        eventually(lambda: "begun" in building.log, "the step runs")
        building.signal(signal.SIGINT)
        assert building.wait() == 130
        assert "Stopping (again to kill)" in building.log
    assert not (folder / ".cog/build").exists()
    eventually(lambda: engine.docker("ps", "-q") == "", "the step's container is gone")


def test_a_pipe_fails_with_its_first_command(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "piped", cog_yaml=with_step("false | cat"), run_py=PLAIN)
    assert build(engine, folder).returncode == 1
    (folder / "cog.yaml").write_text(with_step("yes | head -n 1 | cat"))
    done = build(engine, folder)
    assert done.returncode == 0, done.stderr


def test_a_dockerfile_of_ones_own(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "own", cog_yaml=with_step("curl x") + "concurrency: {max: 3}\n", run_py=PLAIN)
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nWORKDIR /src\nRUN echo mine > /mine\nCOPY run.py /src/\n")
    done = build(engine, folder, "--dockerfile", "Dockerfile")
    assert done.returncode == 0, done.stderr
    assert "Also installed" not in done.stderr
    assert in_image(engine, "cog-own", "cat /mine; echo $COG_MAX_CONCURRENCY; ls -A") == "mine\n3\n.cog\nrun.py"
    assert json.loads(labels(engine, "cog-own")["run.cog.config"])["predict"] == "run.py:Runner"


def test_the_builder_without_buildkit(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "old", cog_yaml=SMALL, run_py=PLAIN)
    done = build(engine, folder, DOCKER_BUILDKIT="0")
    assert done.returncode == 0, done.stderr
    assert in_image(engine, "cog-old", "find /src -type f | sort").splitlines() == [
        "/src/.cog/openapi_schema.json",
        "/src/cog.yaml",
        "/src/run.py",
    ]
    with_secret = YAML.replace("  python_requirements: requirements.txt\n", "")
    (folder / "cog.yaml").write_text(with_secret)
    refused = build(engine, folder, "--secret", "id=token,src=run.py", DOCKER_BUILDKIT="0")
    assert refused.returncode == 1
    assert "need BuildKit" in refused.stderr


def test_a_schema_of_ones_own(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "described", cog_yaml=SMALL, run_py=PLAIN)
    document = {"openapi": "3.0.2", "info": {"title": "Mine", "version": "1"}, "paths": {}}
    (folder / "mine.json").write_text(json.dumps(document))
    done = build(engine, folder, "--openapi-schema", "mine.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(labels(engine, "cog-described")["run.cog.openapi_schema"]) == document
    assert in_image(engine, "cog-described", "cat $COG_OPENAPI_SCHEMA") == json.dumps(document)


TUNED = """from cog import BaseRunner, Input, concurrent

class Runner(BaseRunner):
    @concurrent(max=4)
    async def run(self, name: str = Input(description="$HOME 'x' \\"y\\" \\\\ " + "# it goes on " * 30000)) -> str:
        return name
"""


@pytest.fixture(scope="module")
def tuned(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with every flag that makes it small and quick to start, and a schema of 400 KB."""
    folder = tmp_path_factory.mktemp("tuned")
    base = folder / "base"
    (base / "lib").mkdir(parents=True)
    for line in subprocess.check_output(["ldd", "/usr/bin/strip"], text=True).splitlines():
        if "=> /" in line and "libc.so" not in line:
            shutil.copy(line.split()[2], base / "lib")
    shutil.copy("/usr/bin/strip", base / "strip")
    (base / "Dockerfile").write_text(
        f"FROM {BASE}\nCOPY strip /usr/bin/\nCOPY lib /usr/lib/x86_64-linux-gnu\n"
        "RUN rm /usr/lib/python3.11/__pycache__/ftplib.*\n"
    )
    engine.docker("build", "-t", "bare", str(base))
    (folder / "native.c").write_text("int answer(void) { return 42; }\n")
    subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-o", "native.so", "native.c"], cwd=folder, check=True)
    assert b".debug_info" in (folder / "native.so").read_bytes()
    requirements = "  python_requirements: requirements.txt\nrun: run"
    project = write(folder / "tuned", cog_yaml=SMALL.replace("run: run", requirements), run_py=TUNED)
    (project / "requirements.txt").write_text("./wheels/greetings-1.0-py3-none-any.whl\n")
    package(project / "wheels", **{"native.so": folder / "native.so"})
    done = build(engine, project, "--strip", "--precompile", COG_BASE_IMAGE="bare")
    assert done.returncode == 0, done.stderr
    return "cog-tuned"


def test_a_schema_longer_than_an_argument_may_be(engine: Engine, tuned: str) -> None:
    schema = json.loads(labels(engine, tuned)["run.cog.openapi_schema"])
    description = schema["components"]["schemas"]["Input"]["properties"]["name"]["description"]
    assert description == "$HOME 'x' \"y\" \\ " + "# it goes on " * 30000


def test_the_concurrency_of_the_decorator(engine: Engine, tuned: str) -> None:
    assert json.loads(labels(engine, tuned)["run.cog.config"])["concurrency"] == {"max": 4}
    assert in_image(engine, tuned, "echo $COG_MAX_CONCURRENCY") == "4"


def test_strip(engine: Engine, tuned: str) -> None:
    script = "import ctypes, sysconfig; p = sysconfig.get_path('platlib') + '/native.so'; "
    script += "print(ctypes.CDLL(p).answer(), b'.debug_info' in open(p, 'rb').read())"
    assert in_image(engine, tuned, f'python -c "{script}"') == "42 False"
    assert in_image(engine, tuned, "ls /tmp") == "local_package_artifacts\nrequirements.txt"


def test_precompile(engine: Engine, tuned: str) -> None:
    # Of the project, of the tool, of packages, of Python itself.
    script = "import importlib.util as i, os; "
    script += "print(*[os.path.exists(i.cache_from_source(i.find_spec(n).origin)) for n in "
    script += "('run', 'cog', 'greetings', 'ftplib')])"
    assert in_image(engine, tuned, f'python -c "{script}"') == "True True True True"
