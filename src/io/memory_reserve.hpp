#pragma once

namespace cog {

/// Sets a few MiB aside, and makes `operator new` use them up before it fails: when clients' bodies or a model's answers
/// have taken all memory, what is small and needed (an answer, a frame, a line of the log) still finds some.
void keep_memory_reserve();

/// Whether all that was set aside is there, after an attempt to set it aside again.
bool has_memory_reserve();

/// While one lives, allocations of this thread throw std::bad_alloc rather than touch the reserve: for what is big, and
/// can be refused. Throws itself when the reserve is not whole.
class refusable_memory {
public:
  refusable_memory();
  ~refusable_memory();
  refusable_memory(const refusable_memory&) = delete;
  refusable_memory& operator=(const refusable_memory&) = delete;
};

}   // namespace cog
