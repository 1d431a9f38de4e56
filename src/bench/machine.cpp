#include "bench/machine.hpp"
#include <fstream>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace cog::bench {

namespace {

std::string processor_name() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown";
}

}   // namespace

machine this_machine() {
  machine found;
  found.processor = processor_name();
  utsname system{};
  if (uname(&system) == 0)
    found.kernel = std::string{system.sysname} + " " + system.release + " " + system.machine;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    found.cores = static_cast<unsigned>(CPU_COUNT(&allowed));
  found.memory_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return found;
}

}   // namespace cog::bench
