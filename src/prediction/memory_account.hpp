#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace cog {

/// Counts bytes that many hold against one limit. A counter on its own, since leases end on any thread and a message for
/// each body would cost more than the body.
class memory_account {
public:
  explicit memory_account(uint64_t limit) : limit_{limit} {
    // nop
  }
  memory_account(const memory_account&) = delete;
  memory_account& operator=(const memory_account&) = delete;

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  /// Less than a sixteenth is left.
  bool is_full() const { return used() >= limit_ - limit_ / 16; }

private:
  friend class memory_lease;

  /// False when the limit stands against it.
  bool try_add(uint64_t bytes);
  void add(uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void remove(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};
using account_ptr = std::shared_ptr<memory_account>;

/// Bytes on an account. It travels with what they are the size of, and its end gives them back. Without an account
/// nothing is counted.
class memory_lease {
public:
  memory_lease() = default;
  explicit memory_lease(account_ptr account) : account_{std::move(account)} {
    // nop
  }
  memory_lease(memory_lease&& other) noexcept
    : account_{std::move(other.account_)}, bytes_{std::exchange(other.bytes_, 0)} {
    // nop
  }
  memory_lease& operator=(memory_lease&& other) noexcept {
    set(0);
    account_ = std::move(other.account_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  memory_lease(const memory_lease&) = delete;
  memory_lease& operator=(const memory_lease&) = delete;
  ~memory_lease() { set(0); }

  uint64_t bytes() const { return bytes_; }

  /// Takes what is missing; false, and nothing has changed, when the account has not as much left.
  bool grow_to(uint64_t bytes);
  /// Whatever the limit is: for what is there already.
  void set(uint64_t bytes);
  /// More on the same account, likewise.
  memory_lease another(uint64_t bytes) const;

private:
  account_ptr account_;
  uint64_t bytes_ = 0;
};

}   // namespace cog
