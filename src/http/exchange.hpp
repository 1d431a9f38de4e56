#pragma once
#include "http/answer_writer.hpp"
#include "http/response.hpp"
#include "http/routes.hpp"
#include "http/rules.hpp"
#include "http/services.hpp"
#include "http/upload.hpp"
#include "page/accept.hpp"
#include "prediction/answer.hpp"
#include "prediction/event.hpp"
#include <memory>
#include <string>
#include <vector>

namespace cog {

class dialect_call;
struct dialect_row;
class http_request;

/// Who makes a request, as far as the request may know it. What it is told is written when whoever called the exchange
/// gets control back.
class exchange_client {
public:
  /// On the server's own machine.
  virtual bool is_local() const = 0;
  /// In a place beyond the limit, which is for probes alone.
  virtual bool is_spare() const = 0;
  /// The connection ends after this answer.
  virtual bool is_closing() const = 0;

  /// Wants the body that it has announced.
  virtual void send_continue() = 0;
  /// The one answer; `response.body` is not looked at.
  virtual void respond(const http_response& response, answer_text body) = 0;
  /// In place of `respond`: an event stream.
  virtual void begin_stream(stream_order order) = 0;
  virtual void send_event(const event_ptr& event) = 0;

protected:
  ~exchange_client() = default;
};

/// One request and its answer: the route, the rules that refuse, whom to ask, and what is said then. Lives from the end
/// of the request's header until the answer is written, for whose time it keeps the answer's files.
class exchange : private asker {
public:
  exchange(http_request& request, const http_rules& rules, services& server, exchange_client& client);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  route where() const { return match_.where; }

  /// The body is to come: says whether it is to be kept, or answers without it.
  void begin();
  /// More of the body has been taken.
  void on_body();
  /// No more of the body is to be taken for now.
  bool is_holding() const { return holds_; }
  /// The request is there.
  void handle();
  /// Of the prediction it follows.
  void on_event(const event_ptr& event);
  /// The client has left before all of the answer was written: what runs for nobody is cancelled.
  void leave();

  /// Header lines that all answers get, whoever gives them.
  const std::vector<std::string>& shared_headers() const { return shared_headers_; }
  /// The name of the key that was shown; empty: there is none.
  std::string_view key_name() const { return key_ ? std::string_view{key_->name} : std::string_view{}; }
  /// Of the prediction that is asked for, as far as it is known.
  const std::string& prediction_id() const;

private:
  // What pages of other origins may (exchange_cors.cpp).
  void share();
  bool is_shared() const;
  bool answer_preflight();

  bool is_create() const;
  bool keeps_body() const;
  void find_dialect_call();
  bool is_refused_place() const;
  bool refuse_length();
  bool refuse_page();
  void refuse_route();
  bool refuse_id();

  // Who asks (exchange_access.cpp).
  access needed_access();
  bool wants_page() const;
  bool refuse_no_probe();
  bool refuse_key();
  void refuse_key(const key_ring::admission& found, access needed);
  http_response key_refusal(unsigned status, const std::string& text, uint64_t retry_after = 0) const;
  bool may_read() const;
  bool creates() const;
  bool refuse_limited(const caf::error& error);

  void respond(http_response response);
  void on_error(const caf::error& error) override;
  template <class T, void (exchange::*Method)(const T&)>
  reply<T> to() {
    return {this, [](asker& who, const T& answer) { (static_cast<exchange&>(who).*Method)(answer); }};
  }

  bool is_vertex_create();
  bool is_upload() const;
  bool refuse_upload();
  void begin_upload();
  void on_upload_document(const document_ptr& document);
  void on_admitted(const bool& taken);
  void take_upload();
  void store();
  void on_stored(const bool& done);
  void end_upload();

  bool refuse_create();
  void create();
  void create_with(const document_ptr& document);
  void on_result(const snapshot_ptr& result);
  bool refuse_wish(const document_ptr& document);
  void answer_result(const snapshot_ptr& result);
  bool answer_file_alone(const snapshot_ptr& result);
  void follow_kept(const snapshot_ptr& result);
  void begin_stream(std::string run = {}, std::optional<event_replay> before = {});
  bool links_files() const;
  static std::string link_base(const std::string& id);
  file_links links_to(const prediction_snapshot& prediction);
  void answer_kept();
  void on_kept(const snapshot_ptr& result);
  void watch();
  void on_watched(const snapshot_ptr& state);
  void answer_file();
  void on_file(const snapshot_ptr& state);
  void on_list(const std::vector<snapshot_ptr>& results);
  void cancel_by_id();
  void on_cancel(const bool& found);

  void on_health(const health_ptr& health);
  void on_probe(const health_ptr& health);
  void on_openapi(const document_ptr& document);
  bool answer_page();
  void on_index(const document_ptr& document);
  void on_devices(const device_report_ptr& devices);
  void on_status(const server_status& status);
  void on_metrics(const std::string& text);
  void shut_down();

  http_request& request_;
  const http_rules& rules_;
  services& server_;
  exchange_client& client_;
  route_match match_;
  const dialect_row* dialect_row_ = nullptr;   // of a request in a dialect; null: of none
  std::unique_ptr<dialect_call> dialect_;      // answers in place of this one
  std::optional<upload> upload_;               // of a body that holds files
  std::optional<received_form> received_;      // what came of it
  request_ptr prediction_;                     // runs for this client
  snapshot_ptr result_;                        // being answered
  document_ptr document_;                      // of the model, for the index
  std::string links_;                          // to its files
  std::optional<file_wish> wish_;              // for a file in place of JSON
  std::vector<std::string> shared_headers_;
  api_key_ptr key_;         // it has shown; null: none
  bool admitted_ = false;   // where there are keys
  bool follows_ = false;    // this request wants events
  bool streams_ = false;    // and gets them
  bool holds_ = false;      // the body waits until what came of it is written
  bool ended_ = false;      // the body of the upload
};

}   // namespace cog
