#include "../support/temporary_folder.hpp"
#include "cli/config/cog_yaml.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct reading {
  project_config config;
  std::vector<std::string> warnings;
  std::string problem;
};

reading read(const std::string& text, const std::string& folder = "/nonexistent") {
  reading result;
  try {
    result.config = read_config(text, folder, "cog.yaml", result.warnings);
  } catch (const config_error& error) {
    result.problem = error.what();
  }
  return result;
}

std::string with_python(const std::string& rest) {
  return "build:\n  python_version: \"3.13\"\n" + rest;
}

}   // namespace

TEST_CASE("cog.yaml: an empty one and one without build are valid") {
  CHECK(read("").problem.empty());
  CHECK(read("run: run.py:Runner\n").config.run == "run.py:Runner");
  CHECK(read("build:\n").problem.empty());
}

TEST_CASE("cog.yaml: every key arrives") {
  temporary_folder folder;
  write_file(folder / "requirements.txt", "");
  auto [config, warnings, problem] = read(R"(build:
  gpu: true
  python_version: 3.11
  python_requirements: requirements.txt
  system_packages: [ffmpeg]
  cuda: "11.8"
  cudnn: 8
  sdk_version: 0.17.0
  base_image: mine:1
  run:
    - echo plain
    - command: echo secret
      mounts: [{type: secret, id: token, target: /run/token}]
run: run.py:Runner
train: train.py:train
image: registry.example.com/me/model
environment: [A=1, B=x=y]
concurrency: {max: 4}
)",
                                          folder.path);
  REQUIRE(problem == "");
  CHECK(config.build.gpu);
  CHECK(config.build.python_version == "3.11");
  CHECK(config.build.python_requirements == "requirements.txt");
  CHECK(config.build.system_packages == std::vector<std::string>{"ffmpeg"});
  CHECK(config.build.cuda == "11.8");
  CHECK(config.build.cudnn == "8");
  CHECK(config.build.base_image == "mine:1");
  REQUIRE(config.build.run.size() == 2);
  CHECK(config.build.run[0].command == "echo plain");
  CHECK(config.build.run[1].mounts.at(0).target == "/run/token");
  CHECK(config.run == "run.py:Runner");
  CHECK(config.train == "train.py:train");
  CHECK(config.image == "registry.example.com/me/model");
  CHECK(config.environment.at(1) == std::pair<std::string, std::string>{"B", "x=y"});
  CHECK(config.max_concurrency == 4);
  CHECK(warnings ==
        std::vector<std::string>{"deprecated field \"concurrency.max\": use \"@cog.concurrent(max=...)\" "
                                 "instead"});
}

TEST_CASE("cog.yaml: predict is run by its old name") {
  auto [config, warnings, problem] = read(with_python("predict: predict.py:Predictor\n"));
  CHECK(config.run == "predict.py:Predictor");
  CHECK(warnings == std::vector<std::string>{"deprecated field \"predict\": use \"run\" instead"});
}

TEST_CASE("cog.yaml: a scalar keeps its text, so that 3.10 is not 3.1") {
  CHECK(read("build:\n  python_version: 3.10\n").config.build.python_version == "3.10");
}

TEST_CASE("cog.yaml: a problem comes with file, line, column and what to write instead") {
  CHECK(read("build:\n  python_version: \"3.9\"\n").problem ==
        "cog.yaml:2:19: invalid build.python_version \"3.9\": minimum supported Python version is 3.10");
  CHECK(
    read(with_python("environment:\n  - A=1\n  - PATH=x\n")).problem ==
    "cog.yaml:5:5: invalid environment[1]: environment variable \"PATH\" is not allowed: reserved for internal use");
  CHECK(read("build: [\n").problem.starts_with("failed to parse cog.yaml: invalid YAML: cog.yaml:"));
}

TEST_CASE("cog.yaml: all problems are said at once, a line each") {
  auto problem = read("build:\n  gpu: maybe\n  system_packages: ffmpeg\n").problem;
  CHECK(problem ==
        "cog.yaml:2:8: schema error in \"build.gpu\": must be true or false, not \"maybe\"\n"
        "cog.yaml:3:20: schema error in \"build.system_packages\": must be a list, not \"ffmpeg\"");
}

TEST_CASE("cog.yaml: an unknown key is a warning that names the one meant") {
  auto [config, warnings, problem] = read(with_python("  pyton_requirements: x\n"));
  CHECK(problem.empty());
  CHECK(warnings ==
        std::vector<std::string>{"cog.yaml:3:3: unknown key \"build.pyton_requirements\" is ignored; did "
                                 "you mean \"python_requirements\"?"});
}

TEST_CASE("cog.yaml: names of images that nobody named") {
  CHECK(derived_image_name("/x/Foo") == "cog-foo");
  CHECK(derived_image_name("/x/my great model") == "cog-my-great-model");
  CHECK(derived_image_name("/x/cog-it") == "cog-it");
  CHECK(derived_image_name("/x/a_very.long-name-indeed-longer-than-that") == "cog-averylong-name-indeed");
}

TEST_CASE("cog.yaml: it is looked for in the folders above") {
  temporary_folder folder;
  console messages;
  write_file(folder / "cog.yaml", with_python("run: run.py:Runner\n"));
  std::filesystem::create_directories(folder / "a/b");
  CHECK(load_config(folder / "a/b", "cog.yaml", messages).folder == folder.path);
  CHECK_THROWS_WITH_AS(load_config(folder / "a", "other.yaml", messages),
                       ("other.yaml not found in " + folder.path + "/a (or in any parent directories)").c_str(),
                       config_error);
}
