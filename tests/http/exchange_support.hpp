#pragma once
#include "http/answer_writer.hpp"
#include "http/exchange.hpp"
#include "http/request_intake.hpp"
#include <cstring>
#include <doctest/doctest.h>
#include <map>
#include <optional>

namespace cog {

/// Stands for the router and its neighbours: notes what it is asked, answers at once unless the test is to.
struct fake_services : services {
  void ask_document(reply<document_ptr> to) override { answer(to, document); }
  void ask_health(reply<health_ptr> to) override {
    auto answered = std::make_shared<health_answer>();
    answered->status = state;
    answer(to, health_ptr{std::move(answered)});
  }
  void ask_devices(reply<device_report_ptr> to) override { to.value(std::make_shared<device_report>(devices)); }
  void ask_status(reply<server_status> to) override {
    server_status found;
    auto told = std::make_shared<pool_status>(status);
    auto health = std::make_shared<health_answer>();
    health->status = state;
    told->health = health;
    found.pool = told;
    found.devices = std::make_shared<device_report>(devices);
    answer(to, found);
  }
  void ask_metrics(reply<std::string> to) override { answer(to, std::string{"pool_metrics 1\n"}); }
  void admit(const request_ptr& wish, reply<bool> to) override {
    wished = wish;
    if (refusal == errc::ok)
      to.value(true);
    else
      to.error(make_error(refusal));
  }
  void store(const pieces_ptr& pieces, reply<bool> to) override {
    storing = to;
    if (holds_files)
      return;
    if (pieces->target->write(pieces->pieces))
      to.value(true);
    else
      to.error(make_error(errc::disk_full, pieces->target->problem()));
  }
  void run(const request_ptr& prediction, bool follows, reply<snapshot_ptr> to) override {
    asked = prediction;
    followed = follows;
    running = to;
    if (failure != errc::ok)
      running.error(make_error(failure));
    else if (result)
      running.value(result);
  }
  void run_for(const request_ptr& prediction, std::chrono::milliseconds, reply<snapshot_ptr> to) override {
    run(prediction, false, to);
  }
  void find(const std::string& id, reply<snapshot_ptr> to) override {
    found = id;
    if (result)
      to.value(result);
    else
      to.error(make_error(errc::not_found, "Prediction not found"));
  }
  void watch(const std::string& id, reply<snapshot_ptr> to) override {
    watched = id;
    find(id, to);
  }
  void list(reply<std::vector<snapshot_ptr>> to) override {
    answer(to, result ? std::vector{result} : std::vector<snapshot_ptr>{});
  }
  void cancel(const std::string& id, reply<bool> to) override {
    canceled = id;
    answer(to, result != nullptr);
  }
  void cancel(const request_ptr& prediction) override { left = prediction; }
  void detach(const std::string& id) override { detached = id; }
  void touch(const std::string& path) override { touched = path; }
  void shut_down() override { ++shutdowns; }

  document_ptr document = std::make_shared<model_document>();
  health_status state = health_status::ready;
  device_report devices;
  pool_status status;
  errc failure = errc::ok;   // of all that is asked but devices
  snapshot_ptr result;       // null: there is none, or not yet

  request_ptr asked, left, wished;
  errc refusal = errc::ok;    // of those who ask before they send
  bool holds_files = false;   // until the test answers `storing`
  reply<bool> storing;
  bool followed = false;
  reply<snapshot_ptr> running;
  std::string found, watched, canceled, detached, touched;
  int shutdowns = 0;

private:
  template <class T>
  void answer(const reply<T>& to, const T& value) const {
    if (failure == errc::ok)
      to.value(value);
    else
      to.error(make_error(failure));
  }
};

/// An answer taken apart.
struct answer {
  unsigned status = 0;
  std::map<std::string, std::string> fields;   // but `date`
  std::string body;

  bool has(const std::string& name) const { return fields.count(name) > 0; }
};

/// The first answer in the bytes.
inline answer parse_answer(std::string_view bytes) {
  answer result;
  auto end = bytes.find("\r\n\r\n");
  REQUIRE(end != bytes.npos);
  auto head = bytes.substr(0, end);
  REQUIRE(head.starts_with("HTTP/1.1 "));
  result.status = std::stoul(std::string{head.substr(9, 3)});
  for (auto at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
    at += 2;
    auto line = head.substr(at, head.find("\r\n", at) - at);
    auto colon = line.find(": ");
    REQUIRE(colon != line.npos);
    if (auto name = line.substr(0, colon); name != "date")
      result.fields.emplace(name, line.substr(colon + 2));
  }
  result.body = bytes.substr(end + 4);
  return result;
}

/// The chunks of a chunked body joined; its end is marked by `.`.
inline std::string join_chunks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto line = text.find("\r\n");
    REQUIRE(line != text.npos);
    auto size = std::stoul(std::string{text.substr(0, line)}, nullptr, 16);
    out += size == 0 ? "." : text.substr(line + 2, size);
    text.remove_prefix(line + 2 + size);
    REQUIRE(text.starts_with("\r\n"));
    text.remove_prefix(2);
  }
  return out;
}

inline account_ptr make_account(uint64_t limit) {
  return std::make_shared<memory_account>(limit);
}

/// A client of exchanges, without a socket: bytes in, bytes out. A file comes out as `<path>`, a part of one as
/// `<path offset length>`.
class exchange_fixture : public exchange_client {
public:
  /// Gives bytes; returns what has been written because of them.
  std::string give(std::string_view text) {
    out.clear();
    while (!text.empty()) {
      auto room = intake.room(true);
      auto piece = text.substr(0, room.size());
      std::memcpy(room.data(), piece.data(), piece.size());
      intake.add(piece.size());
      text.remove_prefix(piece.size());
      while (intake.has_bytes() && move_on())
        continue;
    }
    return out;
  }

  /// A whole request, and its answer.
  answer ask(std::string_view text) { return parse_answer(give(text)); }
  answer get(const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nhost: h\r\n\r\n"); }
  answer post(const std::string& path, const std::string& body, const std::string& fields = {}) {
    return ask(with_body("POST", path, body, fields));
  }
  answer put(const std::string& path, const std::string& body, const std::string& fields = {}) {
    return ask(with_body("PUT", path, body, fields));
  }

  static std::string with_body(const std::string& method, const std::string& path, const std::string& body,
                               const std::string& fields = {}) {
    return method + " " + path + " HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n" + fields +
      "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  /// The router answers what it was asked to run.
  std::string finish(const snapshot_ptr& result) {
    out.clear();
    server.running.value(result);
    return written();
  }
  /// What has been written since `out` was cleared.
  std::string written() {
    flush();
    return out;
  }
  std::string fail(errc code, const std::string& text) {
    out.clear();
    server.running.error(make_error(code, text));
    flush();
    return out;
  }
  std::string tell(const event_ptr& event) {
    out.clear();
    under_test->on_event(event);
    flush();
    return out;
  }

  bool is_local() const override { return local; }
  bool is_spare() const override { return spare; }
  bool is_closing() const override { return closing; }
  void send_continue() override { out += "HTTP/1.1 100 Continue\r\n\r\n"; }
  void respond(const http_response& response, answer_text body) override {
    ++answers;
    closing = closing || response.close;
    writer.start(response, std::move(body), keeps_alive(), intake.request()->method == "HEAD");
    writing = true;
  }
  void begin_stream(stream_order order) override {
    ++answers;
    closing = closing || !order.chunked;
    writer.start_stream(std::move(order), keeps_alive());
    writing = true;
  }
  void send_event(const event_ptr& event) override { writer.add_event(event); }

  http_rules rules{{}, {}, std::make_shared<http_counters>(), make_account(1 << 30), make_account(1 << 30), {}};
  fake_services server;
  bool local = false, spare = false, closing = false;
  int answers = 0;
  request_intake intake{rules};
  std::optional<exchange> under_test;   // until it is answered

private:
  bool keeps_alive() const { return !closing && intake.request()->keep_alive(); }

  /// False when more bytes have to come first, or an answer.
  bool move_on() {
    using step = request_intake::step;
    if (writing || handled || (under_test && under_test->is_holding()))
      return false;
    auto found = intake.take();
    if (found == step::header) {
      under_test.emplace(*intake.request(), rules, server, *this);
      if (!intake.request()->is_done())
        under_test->begin();
    }
    if (!writing && (found == step::header || found == step::body))
      found = intake.count_body();
    if (found == step::more && under_test)
      under_test->on_body();
    if (found == step::refused) {
      respond(intake.refusal(), {intake.refusal().body});
    } else if (found == step::complete) {
      handled = true;
      under_test->handle();
    }
    flush();
    return found == step::complete;
  }

  void flush() {
    using step = answer_writer::step;
    while (writing) {
      auto next = writer.next();
      if (next == step::wait)
        return;
      if (next == step::write) {
        out += writer.bytes();
        writer.wrote(writer.bytes().size());
      } else if (next == step::encode) {
        auto& piece = writer.piece();
        auto part = " " + std::to_string(piece.offset) + " " + std::to_string(piece.length);
        writer.add_encoded("<" + piece.path + (piece.raw ? part : "") + ">");
      } else {
        writing = false;
        handled = false;
        writer.finish();
        under_test.reset();
        if (keeps_alive())
          intake.finish();
      }
    }
  }

  answer_writer writer;
  std::string out;
  bool writing = false;
  bool handled = false;
};

inline snapshot_ptr make_snapshot(std::string id, prediction_status status = prediction_status::succeeded) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = std::move(id);
  result->status = status;
  if (status == prediction_status::succeeded) {
    result->output.form = prediction_output::shape::value;
    result->output.json = "\"hello\"";
  }
  return result;
}

inline event_ptr make_event(prediction_event::kind what, std::string text = {}, snapshot_ptr end = {}) {
  auto event = std::make_shared<prediction_event>();
  event->what = what;
  event->text = make_slice(std::move(text));
  event->end = std::move(end);
  return event;
}

}   // namespace cog
