#include "cli/model/server_output.hpp"
#include "cli/model/setup_failure.hpp"
#include "cli/said_today.hpp"
#include "cli/wait_notice.hpp"
#include "cli_support.hpp"
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

using namespace cog;
using std::chrono::seconds;

void write_to(int descriptor, const std::string& text) {
  REQUIRE(write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string setup_line(const std::string& message) {
  return R"({"timestamp":"t","level":"INFO","fields":{"message":")" + message +
    R"(","source":"Stdout"},"target":"coglet::setup"})" + "\n";
}

TEST_CASE("news of a wait come after 10, 20 and 40 s, each once") {
  auto messages = plain_console();
  heard said;
  auto start = wait_notice::clock::now();
  wait_notice notice{messages, "setup()", start};
  for (int second = 0; second < 45; ++second)
    notice.tell("loading", start + seconds{second});
  CHECK(said.text() ==
        "Still waiting for setup() after 10 s: loading\n"
        "Still waiting for setup() after 20 s: loading\n"
        "Still waiting for setup() after 40 s: loading\n");
}

TEST_CASE("a terminal has one line that changes and goes when something else is said") {
  auto messages = plain_console();
  messages.terminal = true;
  heard said;
  auto start = wait_notice::clock::now();
  {
    wait_notice notice{messages, "setup()", start};
    notice.tell({}, start);
    CHECK(said.text().empty());
    notice.tell("first", start + seconds{2});
    notice.tell("second\tline", start + seconds{3});
    messages.info("said");
    notice.tell({}, start + seconds{4});
  }
  CHECK(said.text() ==
        "\r\x1b[KWaiting for setup() after 2 s: first\r\x1b[KWaiting for setup() after 3 s: second line"
        "\r\x1b[Ksaid\n\r\x1b[KWaiting for setup() after 4 s\r\x1b[K");
}

TEST_CASE("no status in the middle of somebody else's line, and our own words begin a new one") {
  auto messages = plain_console();
  messages.terminal = true;
  heard said;
  messages.pass_on("half a line");
  messages.status("busy");
  messages.info("done");
  CHECK(said.text() == "half a line\ndone\n");
}

TEST_CASE("bars and amounts") {
  CHECK(progress_bar(0, 0).empty());
  CHECK(progress_bar(1, 4) == "[#####---------------] 25 %");
  CHECK(progress_bar(9, 4) == "[####################] 100 %");
  CHECK(shown_bytes(12'345'678) == "12.3 MB");
}

TEST_CASE("what a model prints in setup is shown without what the log says around it") {
  auto messages = plain_console();
  heard said;
  server_output output{messages};
  write_to(output.input(), setup_line("loading") + "no log line\n" + setup_line("half").substr(0, 20));
  output.read();
  CHECK(said.text() == "loading\nno log line\n");
  CHECK(output.last_line() == "loading");
  write_to(output.input(), setup_line("half").substr(20));
  output.read();
  CHECK(said.text() == "loading\nno log line\nhalf\n");
}

TEST_CASE("a traceback of the setup waits until it is known what it was") {
  auto messages = plain_console();
  heard said;
  server_output output{messages};
  auto traceback = setup_line("Traceback (most recent call last):") + setup_line("ValueError: no");
  write_to(output.input(), setup_line("first") + traceback);
  output.read();
  CHECK(said.text() == "first\n");
  output.release();
  CHECK(said.text() == "first\nTraceback (most recent call last):\nValueError: no\n");
  write_to(output.input(), traceback);
  output.read();
  output.forget();
  write_to(output.input(), setup_line("last"));
  output.read();
  CHECK(said.text().ends_with("ValueError: no\nlast\n"));
}

TEST_CASE("a server that nobody reads from any more is not held up, and nothing more is shown") {
  auto messages = plain_console();
  heard said;
  {
    server_output output{messages};
    output.leave(false);
    write_to(output.input(), std::string(1'000'000, 'x'));   // more than a pipe holds
  }
  CHECK(said.text().empty());
}

std::string logged(const std::string& traceback) {
  std::string text = "[coglet] Spawning worker subprocess\n";
  std::istringstream lines{traceback};
  for (std::string line; std::getline(lines, line);)
    text += "[coglet::setup] " + line + "\n";
  return text + "[coglet] worker setup failed: whatever\n";
}

TEST_CASE("a module that is not there is named with the file that lacks it, and what to do") {
  auto failure = read_setup_failure(logged("Traceback (most recent call last):\n"
                                           "  File \"/w/.cog/venv/cog-cpp/cog/_loader.py\", line 69, in load\n"
                                           "    target = load_predictor_from_ref(ref)\n"
                                           "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
                                           "  File \"<frozen importlib._bootstrap>\", line 241, in _call\n"
                                           "  File \"/w/run.py\", line 1, in <module>\n"
                                           "    import numpyy\n"
                                           "ModuleNotFoundError: No module named 'numpyy.linalg'\n"),
                                    "/w");
  CHECK(failure.calls.empty());
  CHECK(failure.cause == "run.py:1: ModuleNotFoundError: numpyy (add it to requirements.txt)");
}

TEST_CASE("the calls of a failed setup are those of the model's own files") {
  auto failure =
    read_setup_failure(logged("Traceback (most recent call last):\n"
                              "  File \"/src/other.py\", line 1, in first\n"
                              "KeyError: 'cause'\n"
                              "\n"
                              "During handling of the above exception, another exception occurred:\n"
                              "\n"
                              "Traceback (most recent call last):\n"
                              "  File \"/usr/lib/python3/site-packages/cog/_worker/entry.py\", line 9, in x\n"
                              "    setup()\n"
                              "  File \"/src/run.py\", line 7, in setup\n"
                              "    load(\"weights\")\n"
                              "    ~~~~^^^^^^^^^^\n"
                              "  File \"/src/lib/load.py\", line 3, in load\n"
                              "    return json.loads(name)\n"
                              "  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\n"
                              "    raise JSONDecodeError\n"
                              "json.decoder.JSONDecodeError: Expecting value\n"
                              "a second line of it\n"),
                       "/src");
  CHECK(failure.calls ==
        "Traceback (most recent call last):\n"
        "  File \"run.py\", line 7, in setup\n"
        "    load(\"weights\")\n"
        "  File \"lib/load.py\", line 3, in load\n"
        "    return json.loads(name)\n");
  CHECK(failure.cause == "lib/load.py:3: json.decoder.JSONDecodeError: Expecting value\na second line of it");
}

TEST_CASE("a failed setup without a traceback ends in the server's reason") {
  CHECK(
    read_setup_failure("[coglet] Spawning worker subprocess\n[coglet] worker setup failed: killed by SIGKILL\n", "/w")
      .cause == "killed by SIGKILL");
  CHECK(read_setup_failure("", "/w").cause.empty());
}

TEST_CASE("what is not urgent is said once a project and day") {
  auto messages = plain_console();
  heard said;
  auto folder = std::filesystem::temp_directory_path() / ("cog-said-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  for (int time = 0; time < 2; ++time)
    for (auto* text : {"one", "other"})
      warn_once_a_day(messages, folder.string(), text);
  CHECK(said.text() == "one\nother\n");
  std::ofstream{folder / ".cog/said_today"} << "2001-01-01\none\n";
  warn_once_a_day(messages, folder.string(), "one");
  warn_once_a_day(messages, folder.string(), "one");
  CHECK(said.text() == "one\nother\none\n");
  std::filesystem::remove_all(folder);
}

}   // namespace
