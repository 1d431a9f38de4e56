#pragma once
#include "prediction/request.hpp"
#include <string>
#include <string_view>

namespace cog {

/// What is kept of an input and its context, so that they are known again: short texts themselves, of long ones length
/// and hash. Short ones are equal when they are as JSON values, long ones when they are byte for byte.
class input_mark {
public:
  explicit input_mark(const prediction_request& request)
    : input_{mark(request.input_json())}, context_{mark(request.context_json())} {
    // nop
  }

  bool matches(const prediction_request& request) const {
    return matches(input_, request.input_json()) && matches(context_, request.context_json());
  }
  uint64_t bytes() const { return input_.text.size() + context_.text.size(); }

private:
  struct part {
    std::string text;   // of a short one
    size_t length = 0;
    size_t hash = 0;   // of a long one
  };

  static part mark(std::string_view json);
  static bool matches(const part& mark, std::string_view json);

  part input_;
  part context_;
};

}   // namespace cog
