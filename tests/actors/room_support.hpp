#pragma once
#include "actors/alarm.hpp"
#include "actors/run_list.hpp"
#include "io/byte_order.hpp"
#include "../support/temporary_folder.hpp"
#include <doctest/doctest.h>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Fakes on either side of the rooms of a worker. All of them write what they hear into one list, so that a test sees what
// came before what.

namespace cog {

using heard_list = std::vector<std::string>;

/// Time that the test moves.
struct manual_time {
  alarm::clock::time_point now{std::chrono::hours{1000}};
  alarm::clock::time_point due = alarm::clock::time_point::max();

  /// Whether the alarm rings.
  bool advance(std::chrono::milliseconds by) {
    now += by;
    if (due > now)
      return false;
    due = alarm::clock::time_point::max();
    return true;
  }
};

class manual_alarm final : public alarm {
public:
  explicit manual_alarm(manual_time& time) : time_{time} {
    // nop
  }
  clock::time_point now() const override { return time_.now; }
  void set_at(clock::time_point moment) override { time_.due = moment; }
  void clear() override { time_.due = clock::time_point::max(); }

private:
  manual_time& time_;
};

/// Stands for a worker process.
class fake_process final : public worker_channel {
public:
  explicit fake_process(heard_list& heard) : heard_{heard} {
    // nop
  }

  void send(std::string head, std::string_view body, std::shared_ptr<const void> holder) override {
    CHECK(holder);
    hear(head + std::string{body});
    last_head = std::move(head);
  }
  void send_control(std::string frame) override {
    heard_.push_back(std::string{to_string(static_cast<frame_kind>(frame[4]))} + " " + number_of(frame));
  }
  void read_pipes() override { heard_.emplace_back("read pipes"); }
  void reject(const std::string& problem) override { heard_.push_back("reject: " + problem); }

  std::string last_head;   // of a run frame

private:
  /// One run frame, or a batch frame and several of them, whole.
  void hear(std::string_view bytes) {
    while (!bytes.empty()) {
      auto payload = bytes.substr(frame_header_size, load<uint32_t>(bytes));
      if (static_cast<frame_kind>(bytes[4]) == frame_kind::batch)
        heard_.push_back("batch of " + std::to_string(load<uint32_t>(payload)));
      else
        heard_.push_back("run " + number_of(bytes) + " " +
                         std::string{payload.substr(12 + load<uint32_t>(payload.substr(8)))});
      bytes.remove_prefix(frame_header_size + payload.size());
    }
  }
  static std::string number_of(std::string_view frame) {
    return std::to_string(load<uint64_t>(frame.substr(frame_header_size)));
  }

  heard_list& heard_;
};

/// What a client asked for; keeps how it ended.
struct fake_prediction final : running_prediction {
  fake_prediction(request_ptr what, const account_ptr& account, heard_list& list,
                  std::map<std::string, snapshot_ptr>& answers)
    : running_prediction{std::move(what), 100, 1000, account}, heard{list}, ends{answers} {
    // nop
  }
  void answer(const snapshot_ptr& end) override {
    heard.push_back("answer " + end->id);
    ends[end->id] = end;
  }
  void give_back() override { heard.push_back("give back " + request->id); }
  void stop_input() override { heard.push_back("stop input " + request->id); }

  heard_list& heard;
  std::map<std::string, snapshot_ptr>& ends;
};

/// Stands for the worker that has the list.
struct fake_owner final : run_list_owner {
  explicit fake_owner(heard_list& list) : heard{list} {
    // nop
  }
  void on_released(const request_ptr& request) override { heard.push_back("released " + request->id); }
  void on_retired(const request_ptr& request, const snapshot_ptr& end) override {
    heard.push_back("retired " + request->id + " " + (end ? std::string{to_string(end->status)} : "unbegun"));
  }
  void on_batch_over(uint64_t number, double took) override {
    heard.push_back("over " + std::to_string(number));
    last_took = took;
  }
  void end_process(death_kind, std::string reason) override { heard.push_back("end process: " + reason); }
  void upload(const running_prediction& prediction, const pending_ptr& output, size_t file) override {
    uploads.push_back({prediction.request, output, file});
  }
  void stop_uploads(const folder& which) override { heard.push_back("stop uploads " + which.path); }

  struct asked_upload {
    request_ptr request;
    pending_ptr output;
    size_t file;
  };
  heard_list& heard;
  std::vector<asked_upload> uploads;
  double last_took = -1;   // of a batch, seconds
};

/// A list with a process, whose model is synchronous unless the test says otherwise.
struct run_list_fixture {
  heard_list heard;
  std::map<std::string, snapshot_ptr> ends;   // by id
  manual_time time;
  temporary_folder folder;
  heard_list removed;   // files and folders, relative to `folder`
  fake_process process{heard};
  fake_owner owner{heard};
  run_settings settings{.worker = 0,
                        .uploads = false,
                        .max_output_memory = 7,
                        .predict_timeout = real_seconds{0},
                        .cancel_timeout = real_seconds{10}};
  account_ptr account;   // of outputs; null: there is no limit
  std::unique_ptr<run_list> runs;

  explicit run_list_fixture(bool async = false) { make(async); }

  /// Once more, with what has become of the settings.
  void make(bool async = false) {
    runs = std::make_unique<run_list>(settings, owner, std::make_unique<manual_alarm>(time));
    auto model = std::make_shared<model_description>();
    model->async = async;
    runs->set_model(std::move(model));
    start_process();
  }

  void start_process() {
    runs->process_started(process, output_files{folder / "process", [this](std::string path) {
                                                  removed.push_back(path.substr(folder.path.size() + 1));
                                                }});
  }

  static std::shared_ptr<prediction_request> make_request(const std::string& id) {
    auto request = std::make_shared<prediction_request>();
    request->id = id;
    request->body = R"({"input":{"of":")" + id + R"("}})";
    request->input = {9, request->body.size() - 10};
    return request;
  }

  request_ptr add(const std::string& id, bool awaits_input = false) { return add(make_request(id), awaits_input); }
  /// One with a deadline.
  request_ptr add_urgent(const std::string& id, std::chrono::milliseconds limit, bool awaits_input = false) {
    auto request = make_request(id);
    request->time_limit = limit;
    request->deadline = time.now + limit;
    return add(request, awaits_input);
  }
  request_ptr add(const request_ptr& request, bool awaits_input) {
    auto prediction = std::make_unique<fake_prediction>(request, account, heard, ends);
    prediction->awaits_input = awaits_input;
    runs->add(std::move(prediction));
    return request;
  }

  /// The model is done with it. Returns whether it had begun.
  bool done(uint64_t number, done_status status = done_status::succeeded, std::string_view rest = "1") {
    return runs->on_done(worker_socket::data,
                         {.number = number, .status = status, .shape = done_shape::value, .files = {}, .rest = rest});
  }
  /// The process has seen a cancel before it has begun this one.
  bool done_unbegun(uint64_t number) {
    return runs->on_done(worker_socket::control,
                         {.number = number, .status = done_status::canceled, .files = {}, .rest = {}});
  }

  void advance(std::chrono::milliseconds by) {
    if (time.advance(by))
      runs->on_alarm();
  }

  /// What was heard since it was asked last.
  heard_list take_heard() { return std::exchange(heard, {}); }

  prediction_status status_of(const std::string& id) const { return ends.at(id)->status; }

  /// A file of that place as the process leaves it in the folder of a prediction, at `at` of the output.
  output_file make_file(uint64_t number, uint64_t place, byte_range at = {0, 3}) const {
    output_file file;
    file.at = at;
    file.path = folder / ("process/" + std::to_string(number) + "/" + std::to_string(place));
    write_file(file.path, "content");
    return file;
  }
};

}   // namespace cog
