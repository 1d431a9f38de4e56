#include "io/shortage.hpp"
#include <cerrno>

namespace cog {

bool is_shortage(int error) {
  switch (error) {
    case EAGAIN:
    case EDQUOT:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:
    case ETXTBSY:   // somebody is writing the program at this moment
      return true;
    default:
      return false;
  }
}

}   // namespace cog
