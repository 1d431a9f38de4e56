#include "cli/cog.hpp"

int main(int argc, char** argv) {
  return cog::run_tool(argc, argv);
}
