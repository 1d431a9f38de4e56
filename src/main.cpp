#include "server/server.hpp"
#include <iostream>

int main(int argc, char** argv) {
  cog::server_options options;
  if (auto exit = cog::read_server_options(argc, argv, cog::from_environment, options)) {
    std::cout << exit->out;
    std::cerr << exit->err;
    return exit->code;
  }
  try {
    return cog::run_server(std::move(options));
  } catch (const std::exception& error) {
    std::cerr << "ERROR: " << error.what() << '\n';
    return 1;
  }
}
