// Preloaded into a server under Valgrind, which does not know pidfd_open (3.19): a descriptor that becomes readable at
// the end of a child is made of a pipe and a thread.
#include <cstdarg>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

long open_pidfd(id_t pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return -1;
  std::thread{[pid, end = ends[1]] {
    siginfo_t info;
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    close(end);
  }}.detach();
  return ends[0];
}

}   // namespace

extern "C" long syscall(long number, ...) {
  long arguments[6];
  va_list list;
  va_start(list, number);
  for (auto& argument : arguments)
    argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_pidfd_open)
    return open_pidfd(static_cast<id_t>(arguments[0]));
  auto* next = reinterpret_cast<long (*)(long, ...)>(dlsym(RTLD_NEXT, "syscall"));
  return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}
