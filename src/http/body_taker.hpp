#pragma once
#include <string_view>

namespace cog {

/// Who gets the body of a request while it comes.
class body_taker {
public:
  virtual void take(std::string_view bytes) = 0;

protected:
  ~body_taker() = default;
};

}   // namespace cog
