#include "cli/image/python.hpp"
#include <cstdlib>

namespace cog {

namespace {

constexpr const char* run_module =
  "import runpy, sys\n"
  "sys.path[0] = sys.argv.pop(1)\n"
  "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n";

}   // namespace

captured run_python(const std::string& packages, const std::vector<std::string>& arguments,
                    const std::string& directory) {
  auto* given = std::getenv("COG_PYTHON");
  std::string program = given != nullptr && *given != '\0' ? given : "python3";
  if (find_in_path(program).empty())
    throw command_error{"no Python found: install python3, or name one in COG_PYTHON"};
  process_plan plan{{program, "-c", run_module, packages}, {"PYTHONDONTWRITEBYTECODE=1"}, directory};
  plan.command.insert(plan.command.end(), arguments.begin() + 1, arguments.end());
  return run_captured(std::move(plan));
}

}   // namespace cog
