#pragma once
#include <string>

namespace cog {

/// Writes why the server ends into `path`, where Kubernetes looks for it (`terminationMessagePath`). Only into a file that
/// is there: whoever wants the message has made it. At most 4,096 bytes, the most that Kubernetes shows.
void leave_termination_message(const std::string& path, const std::string& text);

}   // namespace cog
