#pragma once
#include <boost/beast/http/message.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace cog::playground {

/// The event that tells a page of a webhook: `{"received_at", "headers", "body"}`, the body as text. What proves to us that
/// the sender may send is left out.
std::string webhook_event(const boost::beast::http::fields& head, std::string_view body,
                          std::chrono::system_clock::time_point received);

}   // namespace cog::playground
