#include "actors/input_files.hpp"
#include "../support/temporary_folder.hpp"
#include "actor_fixture.hpp"
#include "input_support.hpp"
#include <doctest/doctest.h>
#include <map>

using namespace cog;

namespace {

using pending = std::map<uint64_t, caf::typed_response_promise<std::string>>;   // by index of the input

/// What neighbours of the inputs actor were asked for, and what they shall answer.
struct neighbours {
  pending fetches, decodes;
  std::vector<std::string> cancelled;
  uint64_t index = 0;
  caf::expected<std::string> answer{""};

  void deliver(pending& promises) {
    if (answer)
      promises.at(index).deliver(*answer);
    else
      promises.at(index).deliver(answer.error());
  }
};

/// Told to sweep, it gives the answer.
files_actor::behavior_type fake_files(files_actor::pointer self, neighbours* seen) {
  return {
    [=](atom::decode, const input_job& job) -> caf::result<std::string> {
      return seen->decodes[job.index] = self->make_response_promise<std::string>();
    },
    [](atom::encode, const file_piece&) -> caf::result<std::string> { return make_error(errc::file_failed); },
    [](atom::store, const folder_ptr&, const body_ptr&) -> caf::result<body_ptr> {
      return make_error(errc::file_failed);
    },
    [](atom::store, const pieces_ptr&) { return true; },
    [=](atom::sweep, const std::string&) { seen->deliver(seen->decodes); },
    [](atom::touch, const std::string&) { /* nop */ },
    [](atom::check, const status_ptr&) { return std::vector<process_usage>{}; },
  };
}

/// Told to perform, it gives the answer.
transfer_actor::behavior_type fake_transfer(transfer_actor::pointer self, neighbours* seen) {
  return {
    [=](atom::fetch, const input_job& job) -> caf::result<std::string> {
      return seen->fetches[job.index] = self->make_response_promise<std::string>();
    },
    [](atom::store, const upload_job&) -> caf::result<std::string> { return make_error(errc::canceled); },
    [](atom::post, const post_job&) -> caf::result<post_outcome> { return make_error(errc::canceled); },
    [=](atom::cancel, const std::string& folder) { seen->cancelled.push_back(folder); },
    [=](atom::perform) { seen->deliver(seen->fetches); },
  };
}

struct inputs_fixture : actor_fixture {
  inputs_fixture() { target = plain_folder(temporary.path); }
  ~inputs_fixture() {
    end(subject);
    end(files);
    end(transfers);
  }
  template <class Handle>
  void end(const Handle& who) {
    caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
    scheduler.run();
  }
  void start(const std::vector<std::pair<std::string, std::string>>& members) {
    subject = system.spawn(input_files, request_with(members), files, transfers, target);
    scheduler.run();
  }
  auto prepare() {
    auto request = self->request(subject, caf::infinite, atom::prepare_v);
    scheduler.run();
    return request;
  }
  caf::expected<prepared_ptr> prepared() { return receive<prepared_ptr>(prepare()); }
  void end_fetch(uint64_t index, caf::expected<std::string> answer) {
    seen.index = index;
    seen.answer = std::move(answer);
    self->send(transfers, atom::perform_v);
    scheduler.run();
  }
  void end_decode(uint64_t index, const std::string& path) {
    seen.index = index;
    seen.answer = path;
    self->send(files, atom::sweep_v, std::string{});
    scheduler.run();
  }

  temporary_folder temporary;
  folder_ptr target;
  neighbours seen;
  files_actor files = system.spawn(fake_files, &seen);
  transfer_actor transfers = system.spawn(fake_transfer, &seen);
  input_files_actor subject;
};

std::string large_data_url() {
  return "\"data:text/plain," + std::string(300'000, 'x') + '"';
}

}   // namespace

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a small data URL is decoded on the spot") {
  start({{"image", R"("data:image/png;base64,Zm9v")"}});
  auto result = prepared();
  REQUIRE(result);
  auto path = temporary / "0/file.png";
  CHECK((*result)->json == R"({"n":1,"image":")" + path + "\"}");
  CHECK((*result)->pointers == std::vector<std::string>{"/image"});
  CHECK((*result)->holder == target);
  CHECK(read_file(path) == "foo");
  CHECK(seen.decodes.empty());
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a data URL is known by its scheme in any letter case and escape") {
  start({{"a", R"("DATA:,x")"}, {"b", R"("\u0064ata:,y")"}});
  REQUIRE(prepared());
  CHECK(read_file(temporary / "0/file.txt") == "x");
  CHECK(read_file(temporary / "1/file.txt") == "y");
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a large data URL is left to files") {
  start({{"text", large_data_url()}});
  auto request = prepare();
  REQUIRE(seen.decodes.size() == 1);
  end_decode(0, "/t/0/file.txt");
  auto result = receive<prepared_ptr>(request);
  REQUIRE(result);
  CHECK((*result)->json == R"({"n":1,"text":"/t/0/file.txt"})");
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: URLs are fetched before anybody asks") {
  start({{"a", R"("http://h/a")"}, {"b", R"("https://h/b")"}});
  CHECK(seen.fetches.size() == 2);
  end_fetch(1, std::string{"/t/1/b"});
  end_fetch(0, std::string{"/t/0/a"});
  auto result = prepared();
  REQUIRE(result);
  CHECK((*result)->json == R"({"n":1,"a":"/t/0/a","b":"/t/1/b"})");
  CHECK((*result)->pointers == std::vector<std::string>{"/a", "/b"});
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: the answer waits for the last file") {
  start({{"a", R"("http://h/a")"}, {"b", R"("http://h/b")"}});
  auto request = prepare();
  end_fetch(0, std::string{"/t/0/a"});
  CHECK_FALSE(self->has_next_message());
  end_fetch(1, std::string{"/t/1/b"});
  CHECK(receive<prepared_ptr>(request));
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a path is escaped in the JSON") {
  start({{"a", R"("http://h/a")"}});
  end_fetch(0, std::string{"/t/0/a\"b\\c\n"});
  CHECK((*prepared())->json == R"({"n":1,"a":"/t/0/a\"b\\c\n"})");
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: the first failure is the answer, and ends the other transfers") {
  start({{"a", R"("http://h/a")"}, {"b", R"("http://h/b")"}});
  auto request = prepare();
  end_fetch(1, make_error(errc::download_failed, "404 Client Error: Not Found for url: http://h/b"));
  auto result = receive<prepared_ptr>(request);
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::download_failed);
  CHECK(text_of(result.error()) == "404 Client Error: Not Found for url: http://h/b");
  CHECK(seen.cancelled == std::vector{temporary.path});
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a failure is kept for who asks later") {
  start({{"a", R"("data:;base64,Zg")"}, {"b", R"("http://h/b")"}});
  CHECK(seen.fetches.empty());
  auto result = prepared();
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::bad_data_url);
  CHECK(text_of(result.error()) == "a: not a sound data URL: its base64 lacks the padding (=) at the end");
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: ended before its files are there, it says so and gives up its transfers") {
  start({{"a", R"("http://h/a")"}});
  auto request = prepare();
  end(subject);
  auto result = receive<prepared_ptr>(request);
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::canceled);
  CHECK(seen.cancelled == std::vector{temporary.path});
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: a neighbour that is gone is a failure, not a wait") {
  end(transfers);
  start({{"a", R"("http://h/a")"}});
  auto result = prepared();
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::file_failed);
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: once it has answered it is gone and holds the folder no more") {
  start({{"a", R"("data:,x")"}});
  auto holders = target.use_count();
  REQUIRE(prepared());
  CHECK(target.use_count() < holders);
}

TEST_CASE_FIXTURE(inputs_fixture, "inputs: without files the input stays as it is") {
  start({});
  CHECK((*prepared())->json == R"({"n":1})");
}
