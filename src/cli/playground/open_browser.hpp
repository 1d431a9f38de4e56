#pragma once
#include <string>

namespace cog::playground {

/// Shows a URL in the person's browser, if there is a display. False: there is none, or nothing that could do it.
bool open_browser(const std::string& url);

}   // namespace cog::playground
