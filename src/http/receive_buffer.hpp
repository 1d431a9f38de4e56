#pragma once
#include "prediction/memory_account.hpp"
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cog {

/// What a client has sent and nobody has taken yet, with room for more. The room of an idle connection is small; more
/// than that is counted on the account.
class receive_buffer {
public:
  explicit receive_buffer(account_ptr account) : memory_{std::move(account)} {
    // nop
  }

  std::string_view bytes() const { return std::string_view{bytes_}.substr(begin_, end_ - begin_); }
  size_t capacity() const { return bytes_.size(); }

  /// The first bytes are dealt with.
  void take(size_t count) { begin_ += count; }
  /// Bytes have come into the room.
  void add(size_t count) { end_ += count; }
  /// Forgets all bytes.
  void clear() { begin_ = end_ = 0; }
  /// Without bytes in it: gives back the memory that an idle connection does not need.
  void shrink();

  /// Where the next bytes may go, of which `expected` are known to come. More than a little is taken only where there is
  /// memory for it; empty: there is none for a single byte.
  std::span<char> room(uint64_t expected);

private:
  bool grow(uint64_t expected);

  memory_lease memory_;
  std::string bytes_;   // dealt with up to `begin_`, valid up to `end_`
  size_t begin_ = 0;
  size_t end_ = 0;
};

}   // namespace cog
