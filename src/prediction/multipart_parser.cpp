#include "prediction/multipart_parser.hpp"
#include "prediction/header_value.hpp"
#include <algorithm>
#include <utility>

namespace cog {

namespace {

constexpr size_t longest_head = 16 * 1024;   // bytes
constexpr uint64_t most_parts = 1000;
constexpr size_t longest_boundary = 70;
constexpr std::string_view head_end = "\r\n\r\n";

bool is_of_boundary(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
    std::string_view{"'()+_,-./:=? "}.find(letter) != std::string_view::npos;
}

}   // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  auto value = read_header_value(content_type);
  auto* boundary = value ? value->find("boundary") : nullptr;
  if (boundary == nullptr || boundary->empty() || boundary->size() > longest_boundary || boundary->back() == ' ' ||
      !std::all_of(boundary->begin(), boundary->end(), is_of_boundary))
    return {};
  return *boundary;
}

bool multipart_parser::take(std::string_view bytes, part_taker& taker) {
  while (!bytes.empty() && problem_.empty()) {
    size_t taken = bytes.size();   // of an epilogue
    if (state_ == state::data)
      taken = take_data(bytes, taker);
    else if (state_ == state::head)
      taken = take_head(bytes, taker);
    else if (state_ != state::epilogue)
      taken = take_boundary_end(bytes.front());
    bytes.remove_prefix(taken);
    at_ += taken;
  }
  return problem_.empty();
}

bool multipart_parser::finish() {
  if (problem_.empty() && state_ != state::epilogue)
    fail("There is no final boundary", at_);
  return problem_.empty();
}

/// Where a delimiter does not go on, another can only begin with the byte that is there now: it has but one CR.
size_t multipart_parser::take_data(std::string_view bytes, part_taker& taker) {
  if (matched_ > 0) {
    auto rest = std::string_view{delimiter_}.substr(matched_);
    auto common = std::min(rest.size(), bytes.size());
    auto differs = std::mismatch(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(common), bytes.begin()).first;
    auto same = static_cast<size_t>(differs - rest.begin());
    matched_ += same;
    if (matched_ == delimiter_.size()) {
      on_delimiter(taker);
    } else if (same < common) {
      if (in_part_ && matched_ > implied_)
        taker.on_data(std::string_view{delimiter_}.substr(implied_, matched_ - implied_));
      matched_ = implied_ = 0;
    }
    return same;
  }
  auto end = bytes.find(std::string_view{delimiter_}.substr(0, 2));
  if (end == bytes.npos)
    end = bytes.ends_with('\r') ? bytes.size() - 1 : bytes.size();
  if (end > 0 && in_part_)
    taker.on_data(bytes.substr(0, end));
  if (end == bytes.size())
    return end;
  matched_ = 1;
  return end + 1;
}

void multipart_parser::on_delimiter(part_taker& taker) {
  matched_ = implied_ = 0;
  if (std::exchange(in_part_, false))
    taker.on_part_end();
  state_ = state::boundary_end;
}

size_t multipart_parser::take_boundary_end(char letter) {
  if (state_ == state::first_dash && letter == '-')
    state_ = state::epilogue;
  else if (state_ == state::line_end && letter == '\n')
    state_ = state::head;
  else if (state_ == state::boundary_end && letter == '-')
    state_ = state::first_dash;
  else if (state_ == state::boundary_end && letter == '\r')
    state_ = state::line_end;
  else if (state_ != state::boundary_end || (letter != ' ' && letter != '\t'))
    fail("A boundary is followed by neither a line end nor `--`", at_);
  head_at_ = at_ + 1;
  return 1;
}

/// An empty head ends with the line end of the boundary.
size_t multipart_parser::take_head(std::string_view bytes, part_taker& taker) {
  auto before = head_.size();
  head_ += bytes.substr(0, longest_head + head_end.size() - before);
  if (std::string_view{head_}.substr(0, 2) == "\r\n") {
    fail("The part has no Content-Disposition", head_at_);
    return 1;
  }
  auto from = before < head_end.size() ? 0 : before - head_end.size() + 1;
  auto end = head_.find(head_end, from);
  if (end == head_.npos) {
    if (head_.size() >= longest_head)
      fail("The head of a part is longer than 16 KiB", head_at_);
    return bytes.size();
  }
  head_.resize(end + 2);
  end_head(taker);
  return end + head_end.size() - before;
}

void multipart_parser::end_head(part_taker& taker) {
  part_head head;
  auto problem = read_part_head(head_, head);
  head_.clear();
  if (problem.what != nullptr)
    return fail(problem.what, head_at_ + problem.at);
  if (++parts_ > most_parts)
    return fail("There are more than 1000 parts", head_at_);
  in_part_ = true;
  matched_ = implied_ = 2;   // a boundary may follow at once, whose line end is that of the head
  state_ = state::data;
  taker.on_part(std::move(head));
}

void multipart_parser::fail(std::string_view what, uint64_t at) {
  problem_ = std::string{what} + " at byte " + std::to_string(at);
}

}   // namespace cog
