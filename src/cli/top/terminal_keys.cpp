#include "cli/top/terminal_keys.hpp"
#include <unistd.h>

namespace cog {

terminal_keys::terminal_keys() {
  if (tcgetattr(STDIN_FILENO, &before_) != 0)
    return;
  auto one_by_one = before_;
  one_by_one.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  one_by_one.c_cc[VMIN] = 0;
  one_by_one.c_cc[VTIME] = 0;
  changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &one_by_one) == 0;
}

terminal_keys::~terminal_keys() {
  if (changed_)
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

int terminal_keys::take() {
  unsigned char key = 0;
  auto count = ::read(STDIN_FILENO, &key, 1);
  return count == 1 ? key : count == 0 ? 0 : -1;
}

}   // namespace cog
