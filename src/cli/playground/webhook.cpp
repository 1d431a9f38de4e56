#include "cli/playground/webhook.hpp"
#include "json/json_writer.hpp"
#include "prediction/clock_text.hpp"

namespace cog::playground {

std::string webhook_event(const boost::beast::http::fields& head, std::string_view body,
                          std::chrono::system_clock::time_point received) {
  std::string fields;
  json_writer members{fields};
  members.open({}, '{');
  for (auto& one : head)
    if (one.name() != boost::beast::http::field::authorization && one.name() != boost::beast::http::field::cookie)
      members.text({one.name_string().data(), one.name_string().size()}, {one.value().data(), one.value().size()});
  members.close('}');
  std::string event = "event: webhook\ndata: ";
  json_writer json{event};
  json.open({}, '{');
  json.text("received_at", to_rfc3339(received));
  json.raw("headers", fields);
  json.text("body", body);
  json.close('}');
  return event += "\n\n";
}

}   // namespace cog::playground
