#include "cli/playground/connection.hpp"
#include "cli/playground/answer_head.hpp"
#include "cli/playground/relay.hpp"
#include "cli/playground/rules.hpp"
#include "cli/playground/webhook.hpp"
#include "http/host.hpp"
#include "page/page_answer.hpp"
#include <optional>

namespace cog::playground {

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view proxy = "/proxy";
constexpr std::string_view webhook = "/webhook/";
constexpr size_t largest_webhook = 10 * 1024 * 1024;   // bytes
constexpr int most_webhooks = 16;                      // at once
constexpr std::chrono::seconds keep_alive{15};         // between comments of an event stream

bool is_document(std::string_view path) {
  return path == "/" || path == "/status" || path == "/docs";
}

/// A place among those that are received at once, if there is one.
class webhook_place {
public:
  explicit webhook_place(std::atomic<int>& taken) : taken_{taken}, free_{++taken <= most_webhooks} {
    // nop
  }
  webhook_place(const webhook_place&) = delete;
  ~webhook_place() { --taken_; }
  bool is_free() const { return free_; }

private:
  std::atomic<int>& taken_;
  bool free_;
};

}   // namespace

connection::connection(shared_state& shared, unique_fd socket, net::ip::address peer)
  : shared_{shared}, client_{std::move(socket), shared.stopped.get()}, peer_{std::move(peer)} {
  // nop
}

void connection::run() {
  while (answer_next()) {
    // The next one.
  }
  client_.finish();
}

bool connection::answer_next() {
  request_reader request{client_};
  if (!request.read_head()) {
    if (request.refused() != 0)
      refuse(request, request.refused(),
             request.refused() == 431 ? "the head of the request is larger than 64 KiB" : "this is no HTTP request");
    return false;
  }
  auto target = cog::read_target(request.method(), request.target());
  if (!target)
    return refuse(request, 400, "this is no address of the playground");
  auto path = target->path.substr(0, target->path.find('?'));
  auto query = target->path.substr(std::min(path.size() + 1, target->path.size()));
  if (path.starts_with(webhook))
    return take_webhook(request, path.substr(webhook.size()));
  visitor who{peer_, target->authority.empty() ? request.field("host") : target->authority, request.field("origin"),
              request.field("sec-fetch-site")};
  who.navigates = request.method() == "GET" && is_document(path) && request.field("sec-fetch-mode") == "navigate";
  if (auto why = refusal_of(who); !why.empty())
    return refuse(request, 403, why);
  return route(request, path, query);
}

bool connection::route(request_reader& request, std::string_view path, std::string_view query) {
  if (path == proxy || (path.starts_with(proxy) && path[proxy.size()] == '/')) {
    auto rest = path.substr(proxy.size());
    auto url = std::string{rest.empty() ? "/" : rest};
    return pass_on(request, query.empty() ? url : url + "?" + std::string{query});
  }
  if (request.method() != "GET" && request.method() != "HEAD")
    return refuse(request, 405, "only GET is for this address", {"allow: GET, HEAD"});
  if (is_document(path) || path.starts_with("/page/"))
    return answer_page(request, path);
  if (path == "/config")
    return answer(request, 200, json_type, shared_.config, {"cache-control: no-store"});
  if (path != "/events")
    return refuse(request, 404, "the playground has no such address");
  auto token = parameter(query, "token");
  if (!is_token(token))
    return refuse(request, 400, "events are for a token of letters, digits, - and _, as in /events?token=abc");
  return tell_events(request, std::string{token});
}

bool connection::answer_page(request_reader& request, std::string_view path) {
  static const page_config config{"playground", {}, {}};
  page_request wanted{path, request.field("accept-encoding"), request.field("if-none-match")};
  auto page = is_document(path) ? answer_document(config, wanted) : answer_page_file(config, wanted);
  page.headers.emplace_back("x-frame-options: DENY");
  return answer(request, page.status, page.content_type, page.body, std::move(page.headers));
}

bool connection::pass_on(request_reader& request, std::string_view path_and_query) {
  auto target = parse_target(request.field("x-cog-target"));
  if (!target.problem.empty())
    return refuse(request, 400, target.problem);
  relay passed{client_, request};
  switch (passed.run(target.url + std::string{path_and_query})) {
    case relay::outcome::answered:
      return passed.keeps_alive() && request.is_complete();
    case relay::outcome::unreachable:
      return refuse(request, 502, target.url + " does not answer: " + passed.problem(),
                    {"cog-playground-error: unreachable"});
    case relay::outcome::broken:
      break;
  }
  return false;
}

bool connection::take_webhook(request_reader& request, std::string_view token) {
  if (request.method() != "POST")
    return refuse(request, 405, "webhooks are sent by POST", {"allow: POST"});
  if (!is_token(token))
    return refuse(request, 404, "no page can wait for webhooks here");
  if (!shared_.relay.is_awaited(std::string{token}))
    return refuse(request, 503, "no page waits for webhooks here");
  webhook_place place{shared_.webhooks};
  if (!place.is_free())
    return refuse(request, 429, "16 webhooks are being received already", {"retry-after: 1"});
  if (request.length().value_or(0) > largest_webhook)
    return refuse(request, 413, "a webhook may have 10 MiB");
  return receive_webhook(request, std::string{token});
}

bool connection::receive_webhook(request_reader& request, const std::string& token) {
  std::string body;
  for (std::string piece(64 * 1024, '\0'); auto got = request.read_body(piece.data(), piece.size());) {
    body.append(piece, 0, got);
    if (body.size() > largest_webhook)
      return refuse(request, 413, "a webhook may have 10 MiB");
  }
  if (!request.is_complete())
    return false;
  switch (shared_.relay.deliver(token, webhook_event(request.head(), body, std::chrono::system_clock::now()))) {
    case webhook_relay::outcome::taken:
      return answer(request, 200, {}, {});
    case webhook_relay::outcome::full:
      return refuse(request, 429, "the page has not taken what came before", {"retry-after: 1"});
    case webhook_relay::outcome::nobody:
      break;
  }
  return refuse(request, 503, "no page waits for webhooks here");
}

bool connection::tell_events(request_reader& request, const std::string& token) {
  auto listener = shared_.relay.listen(token);
  auto said = client_.send(
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
    "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n: waiting\n\n");
  if (request.method() == "HEAD")
    return false;
  while (said) {
    switch (client_.wait(listener->descriptor(), keep_alive)) {
      case client_stream::event::left:
        return false;
      case client_stream::event::time:
        said = client_.send(":\n\n");
        break;
      case client_stream::event::readable:
        for (auto& event : listener->take())
          said = said && client_.send(event);
    }
  }
  return false;
}

bool connection::answer(request_reader& request, unsigned status, std::string_view type, std::string_view body,
                        std::vector<std::string> headers) {
  // What is left of a body is not read.
  bool stays = request.is_complete() && request.keeps_alive();
  auto text = make_answer(status, type, body, headers, stays);
  if (request.method() == "HEAD")
    text.resize(text.size() - body.size());
  return client_.send(text) && stays;
}

bool connection::refuse(request_reader& request, unsigned status, std::string_view why,
                        std::vector<std::string> headers) {
  headers.insert(headers.end(), {"cache-control: no-store", "x-content-type-options: nosniff"});
  return answer(request, status, json_type, error_body(why), std::move(headers));
}

}   // namespace cog::playground
