#include "../support/temporary_folder.hpp"
#include "cli/config/words.hpp"
#include "cli/image/cure.hpp"
#include "cli/image/dockerfile.hpp"
#include "cli/image/implied_packages.hpp"
#include "cli/image/shell_line.hpp"
#include "cli/image/system_tools.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

project_config config_of(const std::string& build, const std::string& folder = "/nonexistent") {
  std::vector<std::string> warnings;
  return read_config("build:\n  python_version: \"3.11\"\n" + build, folder, "cog.yaml", warnings);
}

image_plan plan_of(const std::string& build, const base_flags& flags = {}) {
  return plan_image(config_of(build), flags, console{});
}

std::string programs(std::string_view line) {
  std::vector<std::string> names;
  for (auto& one : shell_commands(line))
    names.push_back(one.words.front());
  return joined(names, " ");
}

std::string needs(const std::string& build) {
  std::vector<std::string> all;
  for (auto& tool : plan_of(build).tools)
    all.push_back(tool.needed_by);
  return joined(all, "; ");
}

bool breaks_pipe(std::string_view line) {
  return may_break_pipe(shell_commands(line));
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}   // namespace

TEST_CASE("shell line: the programs that it may run") {
  CHECK(programs("curl -L https://a.example/x | tar xz -C /opt && ./install.sh; A=1 make -j4") ==
        "curl tar install.sh make");
  CHECK(programs("sudo /usr/bin/wget -q x || exit 1") == "wget exit");
  CHECK(programs("if [ -f x ]; then git clone y; fi") == "[ git fi");
  CHECK(programs("echo \"a; curl b\" 'wget c' # d") == "echo");
  CHECK(programs("V=$(curl -s x) && echo \"$(git describe) `make`\"") == "curl git make echo");
  CHECK(programs("bash -c \"unzip a.zip && cmake .\"") == "unzip cmake bash");
  CHECK(programs("make > log 2>&1") == "make");
  CHECK(programs("(curl a; wget b) | tar x # ; git c") == "curl wget tar");
  CHECK(programs("echo $(git log") == "git echo");
}

TEST_CASE("shell line: pipes that end before they are empty") {
  CHECK(breaks_pipe("yes | ./install"));
  CHECK(breaks_pipe("cat x | head -n 1"));
  CHECK(breaks_pipe("cat x | grep -q y"));
  CHECK_FALSE(breaks_pipe("curl x | tar xz"));
  CHECK_FALSE(breaks_pipe("head -n 1 x | cat"));
}

TEST_CASE("system tools: what steps and requirements need is installed") {
  CHECK(needs("  run: [\"curl -L https://a.example/x | tar xJ\"]\n") == "curl for build.run[0]; xz for build.run[0]");
  CHECK(needs("  run: [\"echo curl\", \"pip install git+ssh://git@a.example/x\"]\n") ==
        "git for build.run[1]; ssh for build.run[1]");
  CHECK(needs("  pre_install: [\"wget x\"]\n") == "wget for build.pre_install[0]");
  CHECK(needs("  python_packages: [\"x @ git+https://a.example/x\", numpy]\n") ==
        "git for x @ git+https://a.example/x");
  CHECK(needs("  python_packages: [\"https://a.example/x-1.tar.gz#sha256=0\"]\n") ==
        "gcc for https://a.example/x-1.tar.gz#sha256=0");
  CHECK(needs("  python_packages: [\"https://a.example/x-1-py3-none-any.whl\", dlib]\n") == "cmake for dlib");
  CHECK(needs("  run: [\"tar xzf a.tar.gz\", \"python -m pip install numpy\"]\n").empty());
}

TEST_CASE("system tools: what the project installs itself is not named again") {
  CHECK(needs("  system_packages: [curl, git=1:2]\n  run: [\"curl x\", \"git clone y\"]\n").empty());
  CHECK(needs("  system_packages: [libgl1-mesa-glx, libglib2.0-0]\n  python_packages: [opencv-python]\n").empty());
  CHECK(needs("  run: [\"apt-get update && apt-get install -y curl unzip && curl x\", \"unzip y\"]\n").empty());
  CHECK(needs("  run: [\"curl x\", \"apt-get install -y curl\"]\n") == "curl for build.run[0]");
  CHECK(needs("  gpu: true\n  run: [\"make\", \"cmake .\"]\n") == "cmake for build.run[1]");
}

TEST_CASE("system tools: the instruction that installs them") {
  auto text =
    environment_dockerfile(plan_of("  run: [\"curl x\"]\n  python_packages: [\"git+https://a.example/x\"]\n"));
  auto at = text.find("apt-get install -qqy --no-install-recommends git ca-certificates curl && ");
  REQUIRE(at != std::string::npos);
  CHECK(at < text.find("COPY requirements.txt"));
  base_flags flags;
  flags.override_image = "mine";
  CHECK(has(environment_dockerfile(plan_of("  run: [\"curl x\"]\n", flags)),
            " { command -v curl >/dev/null; } || ! command -v apt-get >/dev/null || (apt-get update"));
}

TEST_CASE("system tools: packages by the names that they have now") {
  auto plan = plan_of(
    "  system_packages: [libgl1-mesa-glx, ffmpeg]\n"
    "  run: [\"apt-get install -y netcat libgl1-mesa-glx netcat-openbsd && echo netcat\"]\n");
  CHECK(plan.system_packages == std::vector<std::string>{"libgl1", "ffmpeg"});
  CHECK(has(plan.steps[0].command, "install -y netcat-openbsd libgl1 netcat-openbsd && echo"));
}

TEST_CASE("dockerfile: a pipe fails with any of its commands") {
  auto strict = std::string{"SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n"};
  auto plain = std::string{"SHELL [\"/bin/sh\", \"-c\"]\n"};
  CHECK(
    has(environment_dockerfile(plan_of("  run: [\"curl x | tar xz\"]\n")), strict + "RUN curl x | tar xz\n" + plain));
  CHECK(has(environment_dockerfile(plan_of("  run: [\"a | b\", \"yes | c\"]\n")),
            "RUN a | b\nRUN set +o pipefail; yes | c\n" + plain));
  CHECK_FALSE(has(environment_dockerfile(plan_of("  run: [\"a || b\"]\n")), "SHELL"));
  CHECK_FALSE(has(environment_dockerfile(plan_of("  run: [\"yes | c\"]\n")), "pipefail"));
}

TEST_CASE("cure: what a failed build printed names the package") {
  for (auto [output, part] : {
         std::pair{"#8 0.1 /bin/sh: 1: curl: not found\nERROR: exit code: 127",
                   "add \"curl\" to build.system_packages"},
         {"/bin/bash: line 1: unzip: command not found", "add \"unzip\""},
         {"/bin/sh: 1: pget: not found", "pget is not in the image: add the Debian package"},
         {"  ERROR: Cannot find command 'git' - do you have 'git' installed", "add \"git\""},
         {"error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "add \"build-essential\""},
         {"unable to execute 'g++': No such file", "add \"build-essential\""},
         {"FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'", "add \"ffmpeg\""},
         {"CMake must be installed to build dlib", "add \"cmake\""},
         {"ImportError: libGL.so.1: cannot open shared object file: No such file", "add \"libgl1\""},
         {"OSError: libfoo.so.2: cannot open shared object file: No such file", "libfoo.so.2 is not in the image"},
         {"a.c:1: fatal error: Python.h: No such file or directory", "add \"python3-dev\""},
         {"error: cannot run ssh: No such file or directory", "add \"openssh-client\""},
         {"tar (child): xz: Cannot exec: No such file or directory", "add \"xz-utils\""},
         {"OSError: CUDA_HOME environment variable is not set. Please", "set gpu: true"},
         {"E: Unable to locate package netcat", "write netcat-openbsd"},
         {"E: Package 'libx' has no installation candidate", "no package libx"},
         {"ERROR: No matching distribution found for torch==1.13.1", "pip finds no torch==1.13.1"},
         {"docker.io/library/python:3.99-slim: not found", "choose another build.python_version"},
       }) {
    auto cure = find_cure(output);
    CHECK_MESSAGE(has(cure, part), cure);
  }
  CHECK(has(find_cure("sh: 1: git: not found"), "--use-cog-base-image"));
  CHECK(find_cure("\x1b[91m/bin/sh: 1: \x1b[0m\x1b[91mimagetool: not found\n\x1b[0m").starts_with("imagetool is not"));
  CHECK(find_cure("ERROR: exit code: 1").empty());
  CHECK(find_cure("/bin/sh: 1: ./build.sh: not found").empty());
}

TEST_CASE("implied packages: what is imported and not required") {
  temporary_folder folder;
  write_file(folder / "run.py", "import os\nimport requests, yaml.loader as y  # both\nfrom cog import BaseRunner\n");
  write_file(folder / "lib/net.py",
             "try:\n    from typing_extensions import Literal; import structlog\nexcept: pass\n");
  write_file(folder / "ignored/x.py", "import requests\n");
  write_file(folder / "venv/pyvenv.cfg", "");
  write_file(folder / "venv/x.py", "import structlog\n");
  write_file(folder / ".dockerignore", "ignored\n");
  auto config = config_of("", folder.path);
  std::vector<std::string> lines{"Types_Requests", "PyYaml>=6"};
  auto found = find_implied_packages(config, lines);
  REQUIRE(found.size() == 3);
  CHECK(found[0].place + " " + found[0].package == "run.py:2 requests");
  CHECK(found[1].place + " " + found[1].package == "lib/net.py:2 structlog");
  CHECK(found[2].place + " " + found[2].package == "lib/net.py:2 typing_extensions");
  add_implied_packages(config, lines, console{});
  CHECK(lines == std::vector<std::string>{"Types_Requests", "PyYaml>=6", "requests", "structlog", "typing_extensions"});
  CHECK(find_implied_packages(config, lines).empty());
  std::vector<std::string> hashed{"numpy==1 --hash=sha256:00"};
  add_implied_packages(config, hashed, console{});
  CHECK(hashed.size() == 1);
}

TEST_CASE("implied packages: a module of the project's own is none") {
  temporary_folder folder;
  write_file(folder / "run.py", "import yaml\nfrom requests import get\n# import structlog\nimport yaml_tools\n");
  write_file(folder / "yaml.py", "");
  write_file(folder / "requests/__init__.py", "");
  CHECK(find_implied_packages(config_of("", folder.path), {}).empty());
}

TEST_CASE("dockerfile: the shown one has the requirements that pip is given") {
  auto plan = plan_of("  python_packages: [torch==2.5.1]\n");
  CHECK(has(shown_dockerfile(plan),
            "# requirements.txt, as pip is given it:\n#   --extra-index-url https://download.pytorch.org/whl/cpu/\n"
            "#   torch==2.5.1\nCOPY requirements.txt"));
  CHECK_FALSE(has(environment_dockerfile(plan), "#"));
}
