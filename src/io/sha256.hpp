#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace cog {

/// A SHA-256 hash of bytes that come in pieces.
class sha256 {
public:
  sha256();

  void add(std::string_view bytes);
  /// Of all bytes, in lower case; to be called once, at the end.
  std::string hex();

private:
  struct release {
    void operator()(evp_md_ctx_st* context) const;
  };

  std::unique_ptr<evp_md_ctx_st, release> context_;
};

}   // namespace cog
