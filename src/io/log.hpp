#pragma once
#include <string_view>

namespace cog {

/// Sends the log to standard error, one line a record: JSON, or plain text when `format` is `console`. `level` is one of
/// debug, info, warn, warning, error; anything else counts as info.
void start_log(std::string_view format, std::string_view level);

}   // namespace cog
