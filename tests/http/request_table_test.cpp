#include "http/request.hpp"
#include <doctest/doctest.h>
#include <random>
#include <simdjson.h>

// `tests/wire/requests.json`, given in pieces of any size; `tests/e2e/test_http_messages.py` sends it over a socket.

using namespace cog;
namespace dom = simdjson::dom;

namespace {

constexpr uint64_t body_limit = 104857600;   // the server's own
constexpr size_t longest_read = 64 * 1024;

/// The bytes that a text of the table stands for: its characters are below 256.
std::string bytes_of(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at < text.size(); ++at) {
    auto letter = static_cast<unsigned char>(text[at]);
    bytes += letter < 0x80 ? text[at] : static_cast<char>(letter << 6 | (text[++at] & 0x3f));
  }
  return bytes;
}

/// A text, or texts each with the times it is repeated.
std::string value_of(dom::element value) {
  if (std::string_view text; value.get(text) == simdjson::SUCCESS)
    return bytes_of(text);
  std::string all;
  auto items = dom::array{value};
  for (size_t at = 0; at < items.size(); at += 2)
    for (uint64_t times = items.at(at + 1); times > 0; --times)
      all += bytes_of(std::string_view{items.at(at)});
  return all;
}

std::vector<std::string> texts_of(dom::object group) {
  auto frame = bytes_of(std::string_view{group["bytes"]});
  dom::array values;
  if (group["values"].get(values) != simdjson::SUCCESS)
    return {frame};
  std::vector<std::string> texts;
  for (auto value : values) {
    auto text = frame;
    for (auto at = text.find("@@"); at != text.npos; at = text.find("@@"))
      text.replace(at, 2, value_of(value));
    texts.push_back(std::move(text));
  }
  return texts;
}

struct verdict {
  std::vector<std::string> requests;   // method, target and body of each
  unsigned refused = 0;                // status
  size_t most_held = 0;                // bytes given and not taken
};

/// Changes some bytes, takes some away, repeats some.
std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view letters = "\r\n\r\n \t:;,=0159afAFx\"\\/?#%[]@\0\x7f\xff";
  auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (auto times = 1 + below(4); times > 0; --times) {
    auto at = below(text.size());
    auto length = 1 + below(6);
    switch (below(4)) {
      case 0:
        text.replace(at, 1, 1, letters[below(letters.size())]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), length * length));
        break;
      default:
        text.insert(at, 1, letters[below(letters.size())]);
    }
  }
  return text;
}

dom::array groups_of(dom::parser& parser) {
  dom::array groups;
  REQUIRE(parser.load(WIRE_REQUESTS).get(groups) == simdjson::SUCCESS);
  return groups;
}

/// What a connection does with it. `step` tells how long the next piece is.
template <class Step>
verdict judge(std::string_view text, Step step) {
  verdict result;
  std::string buffer;
  std::optional<http_request> request;
  while (!text.empty()) {
    auto piece = text.substr(0, step());
    text.remove_prefix(piece.size());
    buffer += piece;
    for (bool more = true; more;) {
      if (!request) {
        buffer.erase(0, http_request::count_empty_lines(buffer));
        if (buffer.empty() || buffer == "\r")
          break;
        request.emplace();
        request->body_limit(body_limit);
      }
      buffer.erase(0, request->take(buffer));
      result.refused = request->refused().status;
      if (result.refused != 0)
        return result;
      more = request->is_done();
      if (!more)
        continue;
      result.requests.push_back(request->method + ' ' + request->target + ' ' + request->body);
      if (!request->keep_alive())
        return result;
      request.reset();
    }
    result.most_held = std::max(result.most_held, buffer.size());
  }
  return result;
}

}   // namespace

TEST_CASE("http_request: every text of the table, in pieces of any size") {
  dom::parser parser;
  size_t count = 0;
  for (dom::object group : groups_of(parser)) {
    auto rule = std::string{std::string_view{group["rule"]}};
    uint64_t refused = 0;
    std::ignore = group["refused"].get(refused);
    bool at_once = false;
    std::ignore = group["at_once"].get(at_once);
    for (auto text : texts_of(group)) {
      if (refused != 0 && !at_once)
        text += "\r\n\r\n";   // a header that is cut into pieces is judged once it is whole
      INFO(rule << ": " << text.substr(0, 300));
      for (size_t step : {size_t{1}, size_t{3}, size_t{1000}, longest_read}) {
        if (step < 1000 && text.size() > 20'000)
          continue;
        auto result = judge(text, [step] { return step; });
        CHECK(result.requests.size() == dom::array{group["answers"]}.size());
        CHECK(result.refused == refused);
        CHECK(result.most_held < 16 * 1024);
        ++count;
      }
    }
  }
  CHECK(count > 2000);
}

TEST_CASE("http_request: what is spoilt is understood alike, in whatever pieces it comes") {
  dom::parser parser;
  std::mt19937 random{12};
  size_t taken = 0, refused = 0;
  for (dom::object group : groups_of(parser)) {
    for (auto& text : texts_of(group)) {
      if (text.size() > 2000)
        continue;
      for (int round = 0; round < 20; ++round) {
        auto spoilt = mutated(text, random);
        auto whole = judge(spoilt, [] { return longest_read; });
        auto pieces = judge(spoilt, [&] { return 1 + random() % 40; });
        INFO(spoilt);
        CHECK(whole.requests == pieces.requests);
        taken += whole.requests.size();
        refused += whole.refused != 0;
      }
    }
  }
  CHECK(taken > 1000);
  CHECK(refused > 1000);
}
