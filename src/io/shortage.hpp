#pragma once

namespace cog {

/// Whether an errno says that the machine was short of something (descriptors, processes, memory, disk) or busy, so that
/// the same call may succeed later.
bool is_shortage(int error);

}   // namespace cog
