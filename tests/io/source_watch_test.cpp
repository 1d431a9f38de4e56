#include "io/source_watch.hpp"
#include "../support/temporary_folder.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cog;
namespace fs = std::filesystem;

namespace {

using paths = std::vector<std::string>;

/// A project with a model and what lies beside one.
struct project {
  temporary_folder folder;
  std::unique_ptr<source_watch> watch;

  project() {
    write("model.py", "first");
    write("cog.yaml", "run: model.py:Runner");
    write("lib/tool.py", "first");
  }

  void write(const std::string& path, const std::string& content) const { write_file(folder / path, content); }
  void move(const std::string& from, const std::string& to) const { fs::rename(folder / from, folder / to); }
  void look(source_watch::limits most = {}) {
    watch = std::make_unique<source_watch>(folder.path, paths{"model.py"}, most);
    REQUIRE(watch->problem() == "");
  }

  /// All that the kernel has told by now, which is all that has happened.
  paths changes() const {
    watch->read();
    return watch->take_changes();
  }
};

bool is_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

}   // namespace

TEST_CASE("source_rules: what a model is made of") {
  temporary_folder folder;
  source_rules rules{folder.path, {"data/model.txt"}};
  for (auto* path : {"model.py", "a/b/c.py", "cog.yaml", "requirements.txt", "requirements-gpu.txt", ".dockerignore",
                     "data/model.txt"})
    CHECK_MESSAGE(rules.is_source(path), path);
  for (auto* path : {"model.py~", "model.pyc", ".model.py.swp", ".#model.py", "#model.py#", "4913", "a/cog.yaml",
                     "data.json", "notes.txt", ".hidden.py", "model.py.bak", "model.py___jb_tmp___"})
    CHECK_MESSAGE(!rules.is_source(path), path);
}

TEST_CASE("source_rules: where none are") {
  temporary_folder folder;
  write_file(folder / "env/pyvenv.cfg", "");
  write_file(folder / "environment/model.py", "");
  write_file(folder / ".dockerignore", "data/\n!data/keep\nbuild\n*.gen.py\n");
  source_rules rules{folder.path, {}};
  for (auto* path : {".git", ".venv", "venv", ".cog", "__pycache__", "a/__pycache__", "node_modules", "env",
                     ".pytest_cache", "cog.egg-info", "x/site-packages"})
    CHECK_MESSAGE(!rules.may_have_sources(path), path);
  for (auto* path : {"", "lib", "environment", "a/b"})
    CHECK_MESSAGE(rules.may_have_sources(path), path);
  CHECK(rules.may_have_sources("data"));   // something below it is taken in again
  CHECK_FALSE(rules.is_source("data/a.py"));
  CHECK(rules.is_source("data/keep/a.py"));
  CHECK_FALSE(rules.is_source("one.gen.py"));
}

TEST_CASE("source_rules: the model itself counts wherever it lies") {
  temporary_folder folder;
  write_file(folder / ".dockerignore", "src\n*.py\n");
  source_rules rules{folder.path, {"src/model.py"}};
  CHECK(rules.is_source("src/model.py"));
  CHECK(rules.may_have_sources("src"));
  CHECK_FALSE(rules.is_source("src/other.py"));
  source_rules others{folder.path, {}};
  CHECK_FALSE(others.may_have_sources("src"));
}

TEST_CASE_FIXTURE(project, "source_watch: a file that is written is told once") {
  look();
  CHECK(changes().empty());
  CHECK_FALSE(is_readable(watch->descriptor()));
  write("model.py", "second");
  CHECK(is_readable(watch->descriptor()));
  CHECK(changes() == paths{"model.py"});
  CHECK(changes().empty());
}

TEST_CASE_FIXTURE(project, "source_watch: the same content again is no change") {
  look();
  write("model.py", "first");
  CHECK(changes().empty());
  write("model.py", "second");
  write("model.py", "first");
  CHECK(changes().empty());
}

TEST_CASE_FIXTURE(project, "source_watch: the ways in which editors save") {
  look();
  SUBCASE("another file takes its place") {
    write(".model.py.tmp", "second");
    move(".model.py.tmp", "model.py");
  }
  SUBCASE("the old one is kept as a backup") {
    move("model.py", "model.py~");
    write("model.py", "second");
  }
  SUBCASE("it is written in place, in two steps") {
    write("model.py", "");
    watch->read();
    write("model.py", "second");
  }
  SUBCASE("it is removed first") {
    fs::remove(folder / "model.py");
    write("model.py", "second");
  }
  SUBCASE("a link takes its place, and its first name goes") {
    write("new", "second");
    fs::remove(folder / "model.py");
    fs::create_hard_link(folder / "new", folder / "model.py");
    fs::remove(folder / "new");
  }
  SUBCASE("a symbolic link is turned") {
    write("second", "second");
    fs::create_symlink("second", folder / "link");
    fs::rename(folder / "link", folder / "model.py");
  }
  CHECK(changes() == paths{"model.py"});
}

TEST_CASE_FIXTURE(project, "source_watch: an editor's own files are none of the project's") {
  look();
  for (auto* name : {".model.py.swp", "4913", "model.py~", "#model.py#", "model.pyc", "__pycache__/model.pyc"})
    write(name, "x");
  fs::create_symlink("somebody@machine", folder / ".#model.py");
  CHECK(changes().empty());
}

TEST_CASE_FIXTURE(project, "source_watch: several files, a removed one and a new one") {
  look();
  write("lib/tool.py", "second");
  write("requirements.txt", "numpy");
  fs::remove(folder / "model.py");
  CHECK(changes() == paths{"lib/tool.py", "model.py", "requirements.txt"});
  write("model.py", "first");
  CHECK(changes() == paths{"model.py"});
}

TEST_CASE_FIXTURE(project, "source_watch: folders that come, move and go") {
  look();
  write("new/deep/er/one.py", "1");
  CHECK(changes() == paths{"new/deep/er/one.py"});
  write("new/deep/er/one.py", "2");
  CHECK(changes() == paths{"new/deep/er/one.py"});
  move("new", "other");
  CHECK(changes() == paths{"new/deep/er/one.py", "other/deep/er/one.py"});
  write("other/deep/er/one.py", "3");
  CHECK(changes() == paths{"other/deep/er/one.py"});
  fs::remove_all(folder / "other");
  CHECK(changes() == paths{"other/deep/er/one.py"});
  CHECK(watch->folders() == 2);
}

TEST_CASE_FIXTURE(project, "source_watch: nothing is seen of folders that are ignored, old or new") {
  write(".venv/lib/a.py", "1");
  write(".dockerignore", "data\n");
  look();
  CHECK(watch->folders() == 2);
  for (auto* path : {".venv/lib/a.py", ".git/hook.py", "__pycache__/b.py", "data/set.py", ".cog/venv/x.py"})
    write(path, "2");
  CHECK(changes().empty());
  CHECK(watch->folders() == 2);
}

TEST_CASE_FIXTURE(project, "source_watch: .dockerignore is read again when it changes") {
  write("data/set.py", "1");
  look();
  CHECK(watch->folders() == 3);
  write(".dockerignore", "data\n");
  CHECK(changes() == paths{".dockerignore"});
  CHECK(watch->folders() == 2);
  write("data/set.py", "2");
  CHECK(changes().empty());
  fs::remove(folder / ".dockerignore");
  CHECK(changes() == paths{".dockerignore", "data/set.py"});
  CHECK(watch->folders() == 3);
}

TEST_CASE_FIXTURE(project, "source_watch: beyond its limits it says so, once, and sees what lies nearest") {
  for (int i = 0; i < 50; ++i)
    write("data/" + std::to_string(i) + "/deep/x.py", "1");
  look({.folders = 10, .files = 5});
  CHECK(watch->folders() == 10);
  auto warnings = watch->take_warnings();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("only 10 folders of "));
  CHECK(warnings[0].ends_with("list folders without source in .dockerignore"));
  write("lib/tool.py", "second");
  write("more/x.py", "1");
  CHECK(changes() == paths{"lib/tool.py"});
  CHECK(watch->take_warnings().empty());
}

TEST_CASE_FIXTURE(project, "source_watch: ten thousand entries in a folder cost one watch") {
  for (int i = 0; i < 10000; ++i)
    write("data/" + std::to_string(i), "");
  look();
  CHECK(watch->folders() == 3);
  CHECK(watch->take_warnings().empty());
  write("data/one.py", "1");
  CHECK(changes() == paths{"data/one.py"});
}

TEST_CASE_FIXTURE(project, "source_watch: a burst that the kernel could not keep is made good") {
  look();
  std::ifstream limit{"/proc/sys/fs/inotify/max_queued_events"};
  int queued = 16384;
  limit >> queued;
  for (int i = 0; i < queued + 10; ++i)   // two events alternate, since equal ones in a row are one
    fs::rename(folder / (i % 2 == 0 ? "lib/tool.py" : "lib/other.txt"),
               folder / (i % 2 == 0 ? "lib/other.txt" : "lib/tool.py"));
  write("model.py", "second");
  write("new/one.py", "1");
  CHECK(changes() == paths{"model.py", "new/one.py"});
}

TEST_CASE("source_watch: a folder that is not there") {
  source_watch watch{"/nonexistent/project", {}};
  CHECK(watch.problem().starts_with("the folder /nonexistent/project cannot be watched"));
}

TEST_CASE_FIXTURE(project, "source_watch: a project that goes away is told") {
  look();
  fs::remove_all(folder.path);
  watch->read();
  auto warnings = watch->take_warnings();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].ends_with("was moved or removed: start the server again where it is now"));
}
