#include "io/memory_reserve.hpp"
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

namespace cog {

namespace {

constexpr size_t block_bytes = 1 << 20;

/// Atomic, since the allocator's handler runs on whatever thread is short of memory.
std::array<std::atomic<void*>, 8> blocks;
std::atomic<bool> is_kept{false};
std::atomic<bool> is_whole{false};

thread_local int refusable = 0;

/// Gives one block back to the allocator, which then tries again.
void draw_on_reserve() {
  if (refusable == 0) {
    is_whole = false;
    for (auto& block : blocks)
      if (auto* bytes = block.exchange(nullptr))
        return std::free(bytes);
  }
  throw std::bad_alloc{};
}

void fill() {
  bool whole = true;
  for (auto& block : blocks) {
    if (block.load() != nullptr)
      continue;
    auto* bytes = std::malloc(block_bytes);
    void* nothing = nullptr;
    if (bytes != nullptr && !block.compare_exchange_strong(nothing, bytes))
      std::free(bytes);   // another thread has filled it
    whole = whole && bytes != nullptr;
  }
  is_whole = whole;
}

}   // namespace

void keep_memory_reserve() {
  fill();
  is_kept = true;
  std::set_new_handler(draw_on_reserve);
}

bool has_memory_reserve() {
  if (is_kept && !is_whole)
    fill();
  return !is_kept || is_whole;
}

refusable_memory::refusable_memory() {
  if (!has_memory_reserve())
    throw std::bad_alloc{};
  ++refusable;
}

refusable_memory::~refusable_memory() {
  --refusable;
}

}   // namespace cog
