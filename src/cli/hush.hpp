#pragma once
#include <iostream>

namespace cog {

/// While this lives nothing goes to std::cerr, the console's messages included.
class hush {
public:
  hush() : before_{std::cerr.rdbuf(nullptr)} {
    // nop
  }
  hush(const hush&) = delete;
  ~hush() {
    std::cerr.rdbuf(before_);
    std::cerr.clear();
  }

private:
  std::streambuf* before_;
};

}   // namespace cog
