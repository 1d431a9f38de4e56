#pragma once
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

namespace cog {

static_assert(std::endian::native == std::endian::little, "frames are little endian");

/// `bytes` must be at least as long as T.
template <class T>
T load(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

template <class T>
void append_integer(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}   // namespace cog
