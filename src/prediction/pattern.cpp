#include "prediction/pattern.hpp"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <chrono>
#include <pcre2.h>
#include <string_view>

namespace cog {

namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using code_ptr = std::unique_ptr<pcre2_code, freer<pcre2_code_free>>;
using compile_context_ptr = std::unique_ptr<pcre2_compile_context, freer<pcre2_compile_context_free>>;
using match_context_ptr = std::unique_ptr<pcre2_match_context, freer<pcre2_match_context_free>>;
using match_data_ptr = std::unique_ptr<pcre2_match_data, freer<pcre2_match_data_free>>;

constexpr uint32_t match_limit = 1'000'000;   // backtracks from one place
constexpr uint32_t heap_limit = 16 * 1024;    // KiB
constexpr size_t places_per_slice = 64;
constexpr size_t steps_per_slice = 64'000'000;   // bytes looked at, when every place reads to the end
constexpr std::chrono::milliseconds time_limit{250};

/// Every space of ECMAScript's `\s`, of which the library knows those of ASCII.
constexpr std::string_view spaces = R"(\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff)";

std::string with_all_spaces(std::string_view text) {
  std::string out;
  auto inside = false;   // a class, such as [a-z]
  for (size_t at = 0; at < text.size(); ++at) {
    auto token = text.substr(at, text[at] == '\\' ? 2 : 1);
    at += token.size() - 1;
    if (token == "\\s" || (token == "\\S" && !inside))
      out.append(inside ? "" : token == "\\s" ? "[" : "[^").append(spaces).append(inside ? "" : "]");
    else
      out += token;
    if (token == "[" || token == "]")
      inside = token == "[";
  }
  return out;
}

class pcre2_pattern : public pattern {
public:
  pcre2_pattern(std::string text, code_ptr code) : pattern{std::move(text)}, code_{std::move(code)} {
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);   // without it, or where it is forbidden, the interpreter runs
  }

  // The library has no limit for a whole search, only for each place where a match may begin. So the places are tried
  // slice by slice, with a look at the clock in between.
  bool matches(std::string_view subject) const override {
    match_context_ptr context{pcre2_match_context_create(nullptr)};
    match_data_ptr data{pcre2_match_data_create(1, nullptr)};
    pcre2_set_match_limit(context.get(), match_limit);
    pcre2_set_heap_limit(context.get(), heap_limit);
    auto deadline = std::chrono::steady_clock::now() + time_limit;
    auto slice = std::clamp<size_t>(steps_per_slice / (subject.size() + 1), 1, places_per_slice);
    for (size_t begin = 0; begin <= subject.size(); begin = next_place(subject, begin + slice)) {
      pcre2_set_offset_limit(context.get(), std::min(subject.size(), begin + slice));
      auto found = search(subject, begin, data.get(), context.get());
      if (found >= 0)
        return true;
      if (found != PCRE2_ERROR_NOMATCH || std::chrono::steady_clock::now() >= deadline)
        return false;
    }
    return false;
  }

private:
  int search(std::string_view subject, size_t begin, pcre2_match_data* data, pcre2_match_context* context) const {
    auto text = reinterpret_cast<PCRE2_SPTR>(subject.data());
    auto found = pcre2_match(code_.get(), text, subject.size(), begin, PCRE2_NO_UTF_CHECK, data, context);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
      found = pcre2_match(code_.get(), text, subject.size(), begin, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context);
    return found;
  }

  static size_t next_place(std::string_view subject, size_t at) {
    while (at < subject.size() && (static_cast<uint8_t>(subject[at]) & 0xC0) == 0x80)
      ++at;
    return at;
  }

  code_ptr code_;
};

}   // namespace

std::shared_ptr<const pattern> pattern::compile(const std::string& text, std::string& problem) {
  constexpr auto options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS |
    PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
  compile_context_ptr context{pcre2_compile_context_create(nullptr)};
  pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);
  int error = 0;
  PCRE2_SIZE at = 0;
  auto source = with_all_spaces(text);
  code_ptr code{
    pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), options, &error, &at, context.get())};
  if (code)
    return std::make_shared<pcre2_pattern>(text, std::move(code));
  PCRE2_UCHAR reason[128] = {};
  pcre2_get_error_message(error, reason, sizeof reason);
  problem = std::string{reinterpret_cast<const char*>(reason)} + " at offset " + std::to_string(at);
  return nullptr;
}

}   // namespace cog
