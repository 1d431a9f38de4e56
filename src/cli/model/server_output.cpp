#include "cli/model/server_output.hpp"
#include "cli/engine/pipe.hpp"
#include "json/json_tree.hpp"
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr std::string_view traceback_start = "Traceback (most recent call last):";
constexpr size_t longest_line = 65536;

/// A line as the server writes it with LOG_FORMAT=json.
struct log_line {
  std::string target, message;
};

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

/// Without a target when it is no such line.
log_line parse_line(std::string_view line) {
  if (!line.starts_with('{'))
    return {};
  json_error ignored;
  auto tree = parse_json(line, ignored);
  return tree ? log_line{text_of(tree->find("target")), text_of(tree->find_path({"fields", "message"}))} : log_line{};
}

}   // namespace

server_output::server_output(const console& messages) : messages_{messages}, stop_{eventfd(0, EFD_CLOEXEC)} {
  if (!stop_)
    throw command_error{std::string{"cannot make an event: "} + std::strerror(errno)};
  auto ends = make_pipe();
  read_end_ = std::move(ends[0]);
  write_end_ = std::move(ends[1]);
  fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
}

server_output::~server_output() {
  if (!drain_.joinable())
    return;
  eventfd_write(stop_.get(), 1);
  drain_.join();
}

void server_output::read() {
  if (drain_.joinable())
    return;
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    auto count = ::read(read_end_.get(), bytes.data(), bytes.size());
    if (count <= 0)
      return;
    unfinished_.append(bytes.data(), static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end = 0; (end = unfinished_.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(std::string_view{unfinished_}.substr(begin, end - begin));
    unfinished_.erase(0, begin);
    if (unfinished_.size() > longest_line) {
      messages_.pass_on(unfinished_);
      unfinished_.clear();
    }
  }
}

void server_output::take(std::string_view line) {
  auto parsed = parse_line(line);
  if (parsed.target.empty())
    return show(line);
  bool of_setup = parsed.target == "coglet::setup";
  if (of_setup)
    last_line_ = parsed.message;
  holds_ = holds_ || (of_setup && parsed.message.starts_with(traceback_start));
  show(parsed.message);
}

void server_output::show(std::string_view text) {
  auto line = std::string{text} + "\n";
  if (holds_)
    held_ += line;
  else
    messages_.pass_on(line);
}

void server_output::release() {
  messages_.pass_on(held_);
  forget();
}

void server_output::forget() {
  held_.clear();
  holds_ = false;
}

void server_output::leave(bool shown) {
  if (!drain_.joinable())
    drain_ = std::thread{[this, shown] { drain(shown); }};
}

void server_output::drain(bool shown) const {
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{read_end_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    poll(watched.data(), watched.size(), -1);
    auto count = ::read(read_end_.get(), bytes.data(), bytes.size());
    if (shown && count > 0)
      std::cerr.write(bytes.data(), count) << std::flush;
    if (count <= 0 && watched[1].revents != 0)
      return;
  }
}

}   // namespace cog
