#include "server/project_file.hpp"
#include "../support/temporary_folder.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct changing_project {
  temporary_folder folder;
  server_config config;

  changing_project() {
    write("build:\n  python_version: \"3.11\"\nrun: one.py:Runner\ntrain: one.py:train\nconcurrency:\n  max: 2\n");
    config.project = folder.path;
    config.reference = "one.py:Runner";
    config.max_concurrency = 2;
  }
  void write(const std::string& text) const { write_file(folder / "cog.yaml", text); }
};

}   // namespace

TEST_CASE_FIXTURE(changing_project, "project_file: what it says of serving") {
  auto file = read_project_file(folder / "cog.yaml", "predict");
  CHECK(file.problem == "");
  CHECK(file.reference == "one.py:Runner");
  CHECK(file.max_concurrency == 2);
  CHECK(file.others.size() == 1);
  CHECK(file.others.contains("build.python_version"));
  CHECK(read_project_file(folder / "cog.yaml", "train").reference == "one.py:train");
  CHECK(read_project_file(folder / "none.yaml", "predict").problem == "");
}

TEST_CASE_FIXTURE(changing_project, "project_changes: a value that changes is taken over, even over a variable's") {
  config.reference = "variable.py:Runner";
  project_changes changes{config};
  CHECK(changes.read({"one.py"}).reference == "variable.py:Runner");
  write("run: two.py:Runner\nconcurrency:\n  max: 5\n");
  auto source = changes.read({"cog.yaml"});
  CHECK(source.problem == "");
  CHECK(source.reference == "two.py:Runner");
  CHECK(source.max_concurrency == 5);
  write("run: two.py:Runner\n");
  CHECK(changes.read({"cog.yaml"}).max_concurrency == 0);
}

TEST_CASE_FIXTURE(changing_project, "project_changes: a file that cannot be read is a problem until it is mended") {
  project_changes changes{config};
  write("run: [one.py:Runner\n");
  CHECK(changes.read({"cog.yaml"}).problem.starts_with(folder / "cog.yaml:"));
  CHECK(changes.read({"one.py"}).problem != "");
  write("run: two.py:Runner\n");
  auto source = changes.read({"cog.yaml"});
  CHECK(source.problem == "");
  CHECK(source.reference == "two.py:Runner");
}

TEST_CASE_FIXTURE(changing_project,
                  "project_file: the list of requirements that it names is watched, and the model's file") {
  CHECK(also_watched(config) == std::vector<std::string>{"one.py"});
  write("build:\n  python_requirements: deps/list.txt\nrun: one.py:Runner\n");
  CHECK(also_watched(config) == std::vector<std::string>{"one.py", "deps/list.txt"});
}
