#pragma once
#include "prediction/memory_account.hpp"
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// A stretch of text whose bytes exist once, however many hold it; they never change.
struct text_slice {
  std::shared_ptr<const void> holder;   // of the bytes; null: they live for ever
  std::string_view text;
};

/// The same text in memory of its own.
text_slice make_slice(std::string text);

/// Text made of slices in order. A copy shares the bytes.
class shared_text {
public:
  using slice_list = boost::container::small_vector<text_slice, 1>;

  shared_text() = default;
  shared_text(std::string text);   // NOLINT(google-explicit-constructor): a text is a text of one slice
  shared_text(const char* text) : shared_text{std::string{text}} {   // NOLINT(google-explicit-constructor): likewise
    // nop
  }

  size_t size() const { return size_; }   // bytes
  bool empty() const { return size_ == 0; }
  const slice_list& slices() const { return slices_; }

  /// What follows in memory what is here already costs nothing. `separator`, empty or one byte, comes before it.
  void append(const text_slice& slice, std::string_view separator = {});
  /// `length` bytes from `offset` on, or fewer where the text ends.
  shared_text part(size_t offset, size_t length) const;
  std::string str() const;

private:
  slice_list slices_;
  size_t size_ = 0;
};

/// Reads a text, which outlives it, from its front.
class text_reader {
public:
  explicit text_reader(const shared_text& text) : next_{text.slices().begin()}, end_{text.slices().end()} {
    // nop
  }

  bool empty() { return ahead().empty(); }
  /// What lies ahead in one stretch; empty at the end.
  std::string_view ahead();
  /// Goes on by `bytes`, which were appended as one, and returns them.
  text_slice take(size_t bytes);

private:
  shared_text::slice_list::const_iterator next_, end_;
  size_t taken_ = 0;   // of the next one
};

/// Where text grows: each piece is written once, in one stretch, into blocks that are counted on an account and live as
/// long as anybody holds a slice of them. A long piece gets a block of its size, so that little is left unused.
class text_buffer {
public:
  text_buffer() = default;
  /// Null: nothing is counted.
  explicit text_buffer(account_ptr account) : account_{std::move(account)} {
    // nop
  }

  /// Adds `separator` and `text`; the slice is `text` alone. A slice without a holder, where `text` is not empty: the
  /// account is full, and nothing was added.
  text_slice append(std::string_view text, std::string_view separator = {});
  /// Bytes of all its blocks, unused ends included: what the account has counted.
  uint64_t allocated() const { return allocated_; }

private:
  bool make_room(size_t bytes);
  bool take_block(size_t bytes);

  account_ptr account_;
  std::shared_ptr<void> block_;
  char* free_ = nullptr;   // in it
  size_t room_ = 0;        // bytes from there on
  size_t next_size_ = 0;
  uint64_t allocated_ = 0;
};

}   // namespace cog
