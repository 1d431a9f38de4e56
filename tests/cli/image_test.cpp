#include "../support/temporary_folder.hpp"
#include "cli/config/words.hpp"
#include "cli/image/certificate.hpp"
#include "cli/image/dockerfile.hpp"
#include "cli/image/image_name.hpp"
#include "cli/image/labels.hpp"
#include "cli/image/package_builds.hpp"
#include "cli/image/schema.hpp"
#include "cli/image/tables.hpp"
#include "cli/image/versions.hpp"
#include "cli/image/weights.hpp"
#include "io/ignore_rules.hpp"
#include <algorithm>
#include <doctest/doctest.h>

using namespace cog;

namespace {

project_config config_of(const std::string& build, const std::string& rest = "run: run.py:Runner\n",
                         const std::string& folder = "/nonexistent") {
  std::vector<std::string> warnings;
  return read_config("build:\n  python_version: \"3.11\"\n" + build + rest, folder, "cog.yaml", warnings);
}

image_plan plan_of(const project_config& config, const base_flags& flags = {}) {
  auto plan = plan_image(config, flags, console{});
  plan.wheel = "cog.whl";
  return plan;
}

gpu_choice choice_for(const std::string& package, const std::string& more = "") {
  auto packages = package.empty() ? std::string{} : "  python_packages: [\"" + package + "\"]\n";
  return choose_gpu(config_of("  gpu: true\n" + packages + more), {package}, console{});
}

std::string tag_for(const std::string& package, const std::string& more = "") {
  return choice_for(package, more).tag;
}

std::vector<std::string> installed(const std::vector<std::string>& requirements, const std::string& build) {
  auto config = config_of(build);
  return rewrite_requirements(requirements, choose_gpu(config, requirements, console{}), console{});
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

size_t position(const std::string& text, const std::string& part) {
  auto at = text.find(part);
  REQUIRE_MESSAGE(at != std::string::npos, part, " is not in\n", text);
  return at;
}

std::string problem_of(const std::string& build) {
  try {
    plan_of(config_of(build));
  } catch (const command_error& error) {
    return error.what();
  }
  return {};
}

}   // namespace

TEST_CASE("versions: a patch counts only where both have one") {
  CHECK(matches_version("2.5.1+cu124", "2.5"));
  CHECK(matches_version("12.4.1", "12.4.1"));
  CHECK_FALSE(matches_version("12.4.1", "12.4.0"));
  CHECK(compare_versions("12.10", "12.9") > 0);
  CHECK(compare_versions("12.4", "12.4.0") == 0);
}

TEST_CASE("tables: every row that PyTorch has for a GPU names an image that exists") {
  for (auto& row : compatibility().torch) {
    if (row.cuda.empty())
      continue;
    auto& images = compatibility().cuda_images;
    auto known =
      std::any_of(images.begin(), images.end(), [&](auto& one) { return matches_version(one.cuda, row.cuda); });
    CHECK_MESSAGE(known, row.torch, " ", row.cuda);
  }
}

TEST_CASE("gpu: CUDA follows from the version of torch") {
  CHECK(tag_for("") == "11.8.0-cudnn8-devel-ubuntu22.04");
  CHECK(tag_for("torch==1.11.0") == "11.3.1-cudnn8-devel-ubuntu20.04");
  CHECK(tag_for("torch==1.12.1") == "11.6.2-cudnn8-devel-ubuntu20.04");
  CHECK(tag_for("torch==1.13.1") == "11.7.1-cudnn8-devel-ubuntu22.04");
  CHECK(tag_for("torch==2.3.1") == "12.1.1-cudnn8-devel-ubuntu22.04");
  CHECK(tag_for("torch==2.5.1") == "12.4.1-cudnn-devel-ubuntu22.04");
  CHECK(tag_for("torch==2.5.1+cu118") == "11.8.0-cudnn8-devel-ubuntu22.04");
  CHECK(tag_for("torch==2.6.0") == "12.6.3-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.7.1") == "12.8.1-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.8.0") == "12.9.1-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.11.0") == "13.0.3-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.12.1") == "13.0.3-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.13.0") == "13.0.3-cudnn-devel-ubuntu24.04");
  CHECK(tag_for("torch==2.5.1", "  cudnn: \"8\"\n") == "12.1.1-cudnn8-devel-ubuntu22.04");
}

TEST_CASE("gpu: without a version the newest that is known is taken, and nothing newer installed") {
  auto newest = compatibility().torch.back().torch;
  auto choice = choice_for("torch");
  CHECK(choice.torch == newest);
  CHECK(choice.cuda == compatibility().torch.back().cuda);
  CHECK(choice_for("torch>=2.0,<2.7").torch == "2.6.0");
  CHECK(choice_for("torch", "  cuda: \"12.1\"\n").torch == "2.5.1");
  CHECK(choice_for("tensorflow").tensorflow == compatibility().tensorflow.back().tensorflow);
  using lines = std::vector<std::string>;
  CHECK(installed({"torch >=2.0 ; python_version > '3'", "numpy"}, "  gpu: true\n  cuda: \"11.8\"\n") ==
        lines{"--extra-index-url https://download.pytorch.org/whl/cu118/", "torch >=2.0,<=2.7.1 ; python_version > '3'",
              "numpy"});
  CHECK(installed({"torch"}, "  gpu: true\n") == lines{"torch<=" + newest});
  CHECK(installed({"torch"}, "") == lines{"torch"});
}

TEST_CASE("gpu: a CuDNN alone finds a CUDA") {
  CHECK(tag_for("", "  cudnn: \"9\"\n") == "12.3.2-cudnn9-devel-ubuntu22.04");
  CHECK(tag_for("", "  cudnn: \"8\"\n") == "11.8.0-cudnn8-devel-ubuntu22.04");
}

TEST_CASE("gpu: TensorFlow brings CUDA as packages where no image has the right one") {
  CHECK(tag_for("tensorflow==2.17.1") == "12.3.2-cudnn9-devel-ubuntu22.04");
  CHECK(installed({"tensorflow==2.16.2"}, "  gpu: true\n") == std::vector<std::string>{"tensorflow[and-cuda]==2.16.2"});
  CHECK(installed({"tensorflow[and-cuda]==2.16.1"}, "  gpu: true\n") ==
        std::vector<std::string>{"tensorflow[and-cuda]==2.16.1"});
  CHECK(installed({"tensorflow==2.18.0"}, "  gpu: true\n") == std::vector<std::string>{"tensorflow==2.18.0"});
}

TEST_CASE("gpu: an image's Python is the one that was asked for") {
  auto python = [](const std::string& version, const std::string& more) {
    std::vector<std::string> warnings;
    auto config = read_config("build:\n  gpu: true\n  python_version: \"" + version + "\"\n" + more, "/nonexistent",
                              "cog.yaml", warnings);
    auto plan = plan_of(config);
    return plan.python->image + " " + plan.gpu.tag;
  };
  CHECK(python("3.10.6", "") == "python:3.10.6-slim-bullseye 11.8.0-cudnn8-devel-ubuntu20.04");
  CHECK(python("3.11.3", "") == "python:3.11.3-slim-bullseye 11.8.0-cudnn8-devel-ubuntu20.04");
  CHECK(python("3.10.12", "") == "python:3.10.12-slim-bookworm 11.8.0-cudnn8-devel-ubuntu22.04");
  CHECK(python("3.11.4", "") == "python:3.11.4-slim-bookworm 11.8.0-cudnn8-devel-ubuntu22.04");
  CHECK(python("3.10", "") == "python:3.10-slim-bookworm 11.8.0-cudnn8-devel-ubuntu22.04");
  CHECK(python("3.10.6", "  cuda: \"13.0\"\n") == "python:3.10-slim-bookworm 13.0.3-cudnn-devel-ubuntu24.04");
  CHECK(python("3.14", "  cuda: \"12.1\"\n") == "python:3.14-slim-bookworm 12.1.1-cudnn8-devel-ubuntu22.04");
}

TEST_CASE("gpu: a refusal names what works") {
  CHECK(problem_of("  gpu: true\n  python_packages: [torch==9.9.9]\n")
          .find("torch==2.15.0; for another one set build.cuda") != std::string::npos);
  CHECK(problem_of("  gpu: true\n  python_packages: [tensorflow==9.9]\n").find("tensorflow==2.21.0; for") !=
        std::string::npos);
  CHECK(problem_of("  gpu: true\n  cuda: \"99.0\"\n").find("Known are 11.0, ") != std::string::npos);
  CHECK(problem_of("  gpu: true\n  cuda: \"12.4\"\n  cudnn: \"8\"\n").find("CuDNN 8 comes with CUDA 11.0, ") !=
        std::string::npos);
  CHECK(problem_of("  gpu: true\n  cudnn: \"7\"\n").find("set build.cudnn to 8 or 9") != std::string::npos);
}

TEST_CASE("versions: specifiers as pip reads them") {
  for (auto [version, specifier] : {std::pair{"2.1.0", ""},
                                    {"2.1.0", ">=2.0,<3"},
                                    {"2.1.0+cu118", "==2.1.0"},
                                    {"2.1.0", "==2.1.*"},
                                    {"2.1.3", "~=2.1.1"},
                                    {"2.9", "~=2.1"},
                                    {"2.1", "!=2.0.*"},
                                    {"2.10.0", "> 2.9"},
                                    {"2.1", "<=2.1.0"}})
    CHECK_MESSAGE(satisfies(version, specifier), version, specifier);
  for (auto [version, specifier] : {std::pair{"2.1.0", ">2.1"},
                                    {"3.0", ">=2.0,<3"},
                                    {"2.2.0", "==2.1.*"},
                                    {"2.2.0", "~=2.1.1"},
                                    {"3.0", "~=2.1"},
                                    {"2.0.1", "!=2.0.*"},
                                    {"2.1", "!=2.1.0"}})
    CHECK_FALSE_MESSAGE(satisfies(version, specifier), version, specifier);
}

TEST_CASE("gpu: CUDA follows from the version of tensorflow, and cog.yaml goes before both") {
  CHECK(tag_for("tensorflow==2.11.0") == "11.2.2-cudnn8-devel-ubuntu20.04");
  CHECK(tag_for("tensorflow==2.15.0") == "12.2.2-cudnn8-devel-ubuntu22.04");
  CHECK(tag_for("tensorflow==2.18.0") == "12.5.1-cudnn-devel-ubuntu22.04");
  CHECK(tag_for("torch==2.5.1", "  cuda: \"12.1\"\n") == "12.1.1-cudnn8-devel-ubuntu22.04");
}

TEST_CASE("gpu: packages that ask for a build get its index, others stay") {
  gpu_choice gpu{"12.4", "9", "", ""};
  using lines = std::vector<std::string>;
  CHECK(rewrite_requirements({"torch==2.5.1", "torchvision==0.20.1+cu124", "numpy", "torchaudio==2.5.1"}, gpu, {}) ==
        lines{"--extra-index-url https://download.pytorch.org/whl/cu124/", "torch==2.5.1", "torchvision==0.20.1+cu124",
              "numpy", "torchaudio==2.5.1"});
  CHECK(installed({"torch==2.1.0+cu118"}, "  gpu: true\n  cuda: \"12.1\"\n") ==
        lines{"--extra-index-url https://download.pytorch.org/whl/cu118/", "torch==2.1.0+cu118"});
  CHECK(installed({"torch==2.1.0+cpu"}, "") ==
        lines{"--extra-index-url https://download.pytorch.org/whl/cpu/", "torch==2.1.0+cpu"});
  CHECK(rewrite_requirements({"torch==2.5.1"}, {}, {}) ==
        lines{"--extra-index-url https://download.pytorch.org/whl/cpu/", "torch==2.5.1"});
  CHECK(rewrite_requirements({"numpy", "-f https://a.example/x"}, gpu, {}) == lines{"-f https://a.example/x", "numpy"});
  CHECK(rewrite_requirements({"numpy==1.0 --extra-index-url=https://a.example/"}, gpu, {}) ==
        lines{"--extra-index-url https://a.example/", "numpy==1.0"});
}

TEST_CASE("gpu: the project's own index of builds counts") {
  using lines = std::vector<std::string>;
  std::string own = "--extra-index-url https://download.pytorch.org/whl/cu118";
  CHECK(installed({own, "torch==2.1.0"}, "  gpu: true\n  cuda: \"12.1\"\n") == lines{own, "torch==2.1.0"});
  CHECK(choose_gpu(config_of("  gpu: true\n"), {own, "torch==2.1.0"}, console{}).cuda == "11.8");
  CHECK(installed({"torch==2.1.0 " + own}, "") == lines{own, "torch==2.1.0"});
  CHECK(installed({"-i https://mirror.example/simple", "torch==2.1.0"}, "") ==
        lines{"-i https://mirror.example/simple", "torch==2.1.0"});
  CHECK(installed({"--extra-index-url https://mine.example/simple", "torch==2.1.0"}, "") ==
        lines{"--extra-index-url https://mine.example/simple",
              "--extra-index-url https://download.pytorch.org/whl/cpu/", "torch==2.1.0"});
  auto url = "torch @ https://download.pytorch.org/whl/cu118/torch-2.0.1%2Bcu118-cp311-cp311-linux_x86_64.whl";
  CHECK(installed({url}, "  gpu: true\n") == lines{url});
  CHECK(choose_gpu(config_of("  gpu: true\n"), {url}, console{}).cuda == "11.8");
}

TEST_CASE("requirements: lines as pip reads them") {
  temporary_folder folder;
  write_file(folder / "requirements.txt",
             "numpy==2.0 # why\r\n\n# all\n-e .\ntorch \\\n  >=2\ncog[x]==1\ncoglet\ncogs==2\n");
  auto config = config_of("  python_requirements: requirements.txt\n", "", folder.path);
  CHECK(read_requirements(config, console{}).lines == std::vector<std::string>{"numpy==2.0", "torch   >=2", "cogs==2"});
}

TEST_CASE("requirements: what is written keeps its meaning") {
  temporary_folder folder;
  write_file(folder / "requirements.txt", "");
  auto config = config_of("  python_requirements: requirements.txt\n", "", folder.path);
  auto lines_of = [&](const std::string& text) {
    write_file(folder / "requirements.txt", text);
    return read_requirements(config, console{}).lines;
  };
  using lines = std::vector<std::string>;
  std::string url = "x @ https://a.example/x.zip#subdirectory=py&sha256=00";
  CHECK(lines_of(url + "  # why\n#" + url + "\n") == lines{url});
  CHECK(lines_of("git+https://a.example/x.git@v1#egg=x\t#y\n") == lines{"git+https://a.example/x.git@v1#egg=x"});
  CHECK(lines_of("a \\\n# between\nb\n") == lines{"a", "b"});
  CHECK(lines_of("\xef\xbb\xbfnumpy\nb") == lines{"numpy", "b"});
  CHECK(lines_of(std::string{"\xff\xfe"
                             "a\0\r\0\n\0\xfc\0",
                             10}) == lines{"a", "\xc3\xbc"});
  CHECK(lines_of(std::string{"\xfe\xff\0a", 4}) == lines{"a"});
  CHECK_THROWS_WITH_AS(
    lines_of(std::string{"a\0b\0", 4}),
    ("cog.yaml:3:24: " + (folder / "requirements.txt") + " is no text in UTF-8: save it as UTF-8").c_str(),
    config_error);
  write_file(folder / "my wheels/a-1.whl", "");
  CHECK(lines_of("my wheels/a-1.whl\n") == lines{"/tmp/local_package_artifacts/my wheels/a-1.whl"});
  write_file(folder / "a b-1.whl", "");
  CHECK_THROWS_AS(lines_of("./a b-1.whl\n"), config_error);
  CHECK(package_of("Typing_Extensions>=4") == "typing-extensions");
  CHECK(specifier_of("a[b]>=1,<2 ; python_version > '3'") == ">=1,<2");
}

TEST_CASE("requirements: a package of the project is staged, one outside is refused") {
  temporary_folder folder;
  write_file(folder / "project/wheels/a.whl", "");
  write_file(folder / "b.whl", "");
  auto project = folder / "project";
  auto list = read_requirements(config_of("  python_packages: [wheels/a.whl]\n", "", project), console{});
  CHECK(list.lines == std::vector<std::string>{"/tmp/local_package_artifacts/wheels/a.whl"});
  CHECK(list.artifacts.at(0).staged == "wheels/a.whl");
  CHECK_THROWS_WITH_AS(read_requirements(config_of("  python_packages: [../b.whl]\n", "", project), console{}),
                       "cog.yaml:3:21: local Python package artifact \"../b.whl\" must be inside the project directory",
                       config_error);
}

TEST_CASE("dockerfile: the steps stand in the order in which they change least") {
  auto config = config_of(
    "  system_packages: [git, ffmpeg]\n  python_packages: [numpy]\n  run: [echo a, {command: echo "
    "b, mounts: [{type: secret, id: x, target: /y}]}]\n  pre_install: [echo c]\n",
    "run: run.py:Runner\ntrain: t.py:t\nenvironment: [B=a b, A=1]\nconcurrency: {max: 4}\n");
  auto text = shown_dockerfile(plan_of(config));
  CHECK(text.starts_with("FROM python:3.11-slim\n"));
  CHECK(has_line(text, "ENV A=1 B=\"a b\""));
  CHECK(position(text, "apt-get install -qqy git ffmpeg") < position(text, "COPY requirements.txt"));
  CHECK(position(text, "-r /tmp/requirements.txt") < position(text, "RUN echo a\n"));
  CHECK(position(text, "RUN echo a\n") < position(text, "RUN --mount=type=secret,id=x,target=/y echo b\n"));
  CHECK(position(text, "echo b\n") < position(text, "RUN echo c\n"));
  CHECK(position(text, "RUN echo c\n") < position(text, "/tmp/cog.whl"));
  CHECK(position(text, "/tmp/cog.whl") < position(text, "WORKDIR /src\nEXPOSE 5000\n"));
  CHECK(has_line(text, "ENV COG_PREDICT_TYPE_STUB=\"run.py:Runner\""));
  CHECK(has_line(text, "ENV COG_TRAIN_TYPE_STUB=\"t.py:t\""));
  CHECK(has_line(text, "ENV COG_MAX_CONCURRENCY=4"));
  CHECK(text.ends_with("CMD [\"python\", \"-m\", \"cog.server.http\"]\nCOPY . /src\n"));
  for (auto* absent : {"# syntax", "tini", "ENTRYPOINT"})
    CHECK(text.find(absent) == std::string::npos);
}

TEST_CASE("dockerfile: without BuildKit there are no mounts") {
  auto plan = plan_of(config_of("  system_packages: [git]\n  python_packages: [numpy]\n"));
  plan.buildkit = false;
  auto text = environment_dockerfile(plan);
  CHECK(text.find("--mount") == std::string::npos);
  CHECK(has_line(text, "COPY cog.whl /tmp/cog.whl"));
}

TEST_CASE("dockerfile: a GPU brings CUDA's image with a Python that runs in it") {
  auto text = environment_dockerfile(plan_of(config_of("  gpu: true\n  python_packages: [torch==2.5.1]\n")));
  CHECK(
    text.starts_with("FROM python:3.11-slim-bookworm AS python\nFROM nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04\n"));
  CHECK(has_line(text, "COPY --from=python /usr/local /usr/local"));
  CHECK(has_line(text, "ENTRYPOINT []"));
}

TEST_CASE("dockerfile: bases of the user's own") {
  auto config = config_of("  base_image: mine:1\n");
  CHECK(environment_dockerfile(plan_of(config)).starts_with("FROM mine:1\nENTRYPOINT []\n"));
  base_flags flags;
  flags.override_image = "other:2";
  CHECK(environment_dockerfile(plan_of(config, flags)).starts_with("FROM other:2\n"));
}

TEST_CASE("dockerfile: cog-base images are named by what they hold") {
  base_flags flags;
  flags.use_cog_base_image = true;
  flags.registry = "r8.im";
  CHECK(plan_of(config_of(""), flags).base == "r8.im/cog-base:python3.11");
  CHECK(plan_of(config_of("  gpu: true\n"), flags).base == "r8.im/cog-base:cuda11.8-python3.11");
  auto torch = config_of("  gpu: true\n  python_packages: [torch==2.3]\n");
  CHECK(plan_of(torch, flags).base == "r8.im/cog-base:cuda12.1-python3.11-torch2.3.1");
  auto old = config_of("  gpu: true\n  cuda: \"11.2\"\n");
  CHECK_THROWS_WITH_AS(plan_of(old, flags),
                       "unsupported base image configuration: CUDA: 11.2 / Python: 3.11 / Torch: (none); leave "
                       "--use-cog-base-image out",
                       config_error);
}

TEST_CASE("dockerfile: another configuration file becomes cog.yaml") {
  auto config = config_of("");
  config.file = "my cog.yaml";
  CHECK(source_instructions(plan_of(config)) == "COPY . /src\nCOPY [\"my cog.yaml\", \"/src/cog.yaml\"]\n");
}

TEST_CASE("dockerfile: a path is no pattern") {
  CHECK(weights_dockerfile({"w[1]/a*", "b $c", "d"}) ==
        "FROM scratch\nCOPY w[[]1]/a[*] /src/w[1]/a*\nCOPY [\"b \\\\$c\", \"/src/b \\\\$c\"]\nCOPY d /src/d\n");
}

TEST_CASE("plan: what cannot be built says so, and where") {
  CHECK(
    problem_of("  run: [\"a\\nb\"]\n").starts_with("cog.yaml:3:9: One of the commands in 'run' contains a new line"));
}

TEST_CASE("labels: run is stored as predict, CUDA as it was resolved") {
  auto config = config_of("  gpu: true\n");
  CHECK(config_label(config, {"11.8", "8", "", ""}) ==
        R"({"build":{"gpu":true,"python_version":"3.11","cuda":"11.8","cudnn":"8"},"predict":"run.py:Runner"})");
}

TEST_CASE("schema: defaults obey their constraints") {
  std::string head = R"({"openapi":"3.0.2","info":{"title":"a","version":"1"},"paths":{},"components":{"schemas":)";
  auto with = [&](const std::string& property) {
    return head + R"({"Input":{"type":"object","properties":{"n":)" + property + "}}}}}";
  };
  validate_schema(with(R"({"type":"integer","default":2,"minimum":2})"));
  CHECK_THROWS_AS(validate_schema(with(R"({"type":"integer","default":1,"minimum":2})")), command_error);
  CHECK_THROWS_AS(validate_schema(with(R"({"type":"string","default":1})")), command_error);
  CHECK_THROWS_AS(validate_schema("{"), command_error);
  CHECK_THROWS_AS(validate_schema(R"({"openapi":"2.0"})"), command_error);
}

TEST_CASE("weights: big files go by their folders unless code is beside them") {
  temporary_folder folder;
  auto big = std::string(11 * 1024 * 1024, 'x');
  write_file(folder / "w/a.bin", big);
  write_file(folder / "w/deep/b.bin", big);
  write_file(folder / "code/c.bin", big);
  write_file(folder / "code/c.py", "");
  write_file(folder / "root.bin", big);
  write_file(folder / "film.mp4", big);
  write_file(folder / ".git/x", big);
  CHECK(find_weights(folder.path) == std::vector<std::string>{"code/c.bin", "root.bin", "w"});
}

TEST_CASE("weights: what .dockerignore leaves out is none") {
  temporary_folder folder;
  auto big = std::string(11 * 1024 * 1024, 'x');
  write_file(folder / "venv/lib/torch/a.so", big);
  write_file(folder / "w/old/b.bin", big);
  write_file(folder / "w/new/c.bin", big);
  write_file(folder / "deep/d.ckpt", big);
  write_file(folder / "out/e.bin", big);
  write_file(folder / "out/keep/f.bin", big);
  write_file(folder / ".dockerignore", "venv\nw/old\n**/*.ckpt\nout\n!out/keep\n");
  auto weights = find_weights(folder.path);
  CHECK(weights == std::vector<std::string>{"out/keep", "w/new"});
  CHECK(weights_manifest(folder.path, {"w"}).find("old") == std::string::npos);
  CHECK(weights_manifest(folder.path, {"."}).find("w/new/c.bin") != std::string::npos);
}

TEST_CASE("ignore file: the last rule that fits decides, as in Docker") {
  auto ignores = [](std::string_view rules, const std::string& path) { return ignore_rules{rules}.ignores(path); };
  for (auto [rules, path] : {std::pair{"a", "a"},
                             {"a", "a/b/c"},
                             {"/a/", "a/b"},
                             {"./a//b", "a/b"},
                             {"*.bin", "x.bin"},
                             {"*/x", "a/x"},
                             {"**/x", "x"},
                             {"**/x", "a/b/x/y"},
                             {"a/**", "a/b/c"},
                             {"a/**/z", "a/z"},
                             {"a/**/z", "a/b/c/z"},
                             {"**/*.bin", "a/b.bin"},
                             {"a?c", "abc"},
                             {"a[0-9]", "a7"},
                             {"a[^0-9]", "ab"},
                             {"a\\*", "a*"},
                             {"!a\na", "a"},
                             {"*\n!b", "a/b"},
                             {"\xef\xbb\xbf"
                              "a",
                              "a"},
                             {"  a \r\n", "a"}})
    CHECK_MESSAGE(ignores(rules, path), rules, " ", path);
  for (auto [rules, path] : {std::pair{"a", "ab"},
                             {"a", "b/a"},
                             {"*.bin", "a/x.bin"},
                             {"#a", "#a"},
                             {"a\n!a/b", "a/b/c"},
                             {"**/x", "a/bx"},
                             {"a/**/z", "a/bz"},
                             {"a?c", "a/c"},
                             {"a[0-9]", "ab"},
                             {"a\\*", "ab"},
                             {"", "a"},
                             {"/", "a"},
                             {".", "a"}})
    CHECK_FALSE_MESSAGE(ignores(rules, path), rules, " ", path);
  CHECK(ignore_rules{ignore_rule_for("a[1]*?!#.bin")}.ignores("a[1]*?!#.bin"));
  CHECK(ignore_rules{ignore_rule_for("!a")}.ignores("!a"));
}

TEST_CASE("certificate: PEM in any of its four forms") {
  temporary_folder folder;
  std::string pem = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n";
  write_file(folder / "a.crt", pem);
  write_file(folder / "b.txt", "no");
  CHECK(read_certificates(pem) == pem);
  CHECK(read_certificates(folder / "a.crt") == pem);
  CHECK(read_certificates(folder.path) == pem);
  CHECK(read_certificates("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFiYwotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==") == pem);
  CHECK_THROWS_AS(read_certificates("nonsense"), command_error);
  CHECK_THROWS_AS(read_certificates(folder / "b.txt"), command_error);
}

TEST_CASE("image name: repository and registry") {
  CHECK(repository_of("model") == "model");
  CHECK(repository_of("me/model:2") == "me/model");
  CHECK(repository_of("localhost:5000/me/model") == "localhost:5000/me/model");
  CHECK(repository_of("localhost:5000/me/model:2@sha256:00") == "localhost:5000/me/model");
  CHECK(registry_of("localhost:5000/me/model:2") == "localhost:5000");
  CHECK(registry_of("localhost/model") == "localhost");
  CHECK(registry_of("registry.example.com/model") == "registry.example.com");
  CHECK(registry_of("me/model:2") == "docker.io");
  CHECK(registry_of("model:2.0") == "docker.io");
}

TEST_CASE("dockerfile: --precompile and --strip") {
  auto config = config_of("  python_packages: [numpy]\n");
  auto plain = shown_dockerfile(plan_of(config));
  CHECK(plain.find("compileall") == plain.npos);
  CHECK(plain.find("strip") == plain.npos);
  CHECK(position(plain, "pip install --no-index") < position(plain, "&& python -c 'import asyncio, cog._worker"));
  auto plan = plan_of(config);
  plan.precompile = plan.strip = true;
  auto text = shown_dockerfile(plan);
  CHECK(position(text, "FROM python:3.11-slim AS strip_tool") < position(text, "\nFROM python:3.11-slim\n"));
  CHECK(position(text, "--mount=type=bind,from=strip_tool,target=/mnt python -m pip install") <
        position(text, "strip --strip-debug"));
  CHECK(position(text, "cog.whl") < position(text, "compileall -qq -j 0 $(python"));
  CHECK(position(text, "COPY . /src") < position(text, "compileall -qq -j 0 /src"));
  plan.requirements.clear();
  CHECK(shown_dockerfile(plan).find("strip") == std::string::npos);
}

TEST_CASE("dockerfile: a long label comes in parts that are no long words") {
  CHECK(label_instructions("a.b", R"({"c":"$d\\"})") ==
        "ARG LABEL_0=\"{\\\"c\\\":\\\"\\$d\\\\\\\\\\\"}\"\nLABEL a.b=\"${LABEL_0}\"\n");
  std::string value;
  for (int i = 0; i < 12'000; ++i)
    value += i % 2 == 0 ? "wörd #  " : R"(\\\\ "$x")";
  auto lines = split(label_instructions("a", value), "\n");
  std::string read, names;
  for (size_t i = 0; i + 2 < lines.size(); ++i) {
    auto& line = lines[i];
    REQUIRE(line.starts_with("ARG LABEL_" + std::to_string(i) + "=\""));
    CHECK(line.size() < 20'000);
    auto start = line.find('"') + 1;
    CHECK((static_cast<unsigned char>(line[start]) & 0xc0) != 0x80);
    for (auto at = start; at + 1 < line.size(); ++at)
      read += line[at] == '\\' ? line[++at] : line[at];
    names += "${LABEL_" + std::to_string(i) + "}";
  }
  CHECK(read == value);
  CHECK(lines[lines.size() - 2] == "LABEL a=\"" + names + "\"");
}

TEST_CASE("image name: what Docker does not take is refused") {
  for (auto* name : {"a", "cog-a", "me/my_model:2.0-rc", "localhost:5000/a/b__c", "REG.example.com/a", "a.b/c--d:A"})
    CHECK_NOTHROW(check_image_name(name));
  for (auto* name : {"", "Bad", "a b", "a/", "/a", "a:", "a:b:c", "me/-a", "a@sha256:00", "http://a/b"})
    CHECK_THROWS_AS(check_image_name(name), command_error);
}
