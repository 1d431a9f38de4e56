#pragma once
#include <array>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string_view>

namespace cog {

/// Writes to a descriptor. While `interrupts` keeps the signals, a reader that stalls is waited for only until one comes,
/// and a second more: what it does not take then is lost.
class interruptible_buffer : public std::streambuf {
public:
  interruptible_buffer(int fd, bool buffered);

protected:
  int_type overflow(int_type letter) override;
  std::streamsize xsputn(const char* text, std::streamsize length) override;
  int sync() override;

private:
  bool write(std::string_view text);
  bool wait_for_reader() const;

  int fd_;
  std::array<char, 8192> bytes_{};
  std::mutex lock_;   // of writing: messages of a running container come from a thread of their own
};

/// Makes std::cout and std::cerr write so, for as long as it lives.
class interruptible_output {
public:
  interruptible_output();
  interruptible_output(const interruptible_output&) = delete;
  ~interruptible_output();

private:
  interruptible_buffer out_;
  interruptible_buffer err_;
  std::streambuf* out_before_;
  std::streambuf* err_before_;
};

}   // namespace cog
