#include "prediction/prediction_id.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

using namespace cog;

TEST_CASE("make_prediction_id: a word, then sixteen hex digits that grow") {
  auto first = make_prediction_id();
  CHECK(first.size() == 21);
  CHECK(first.starts_with("pred_"));
  CHECK(first.find_first_not_of("0123456789abcdef", 5) == first.npos);
  CHECK(first < make_prediction_id());
}

TEST_CASE("make_prediction_id: threads that make ids at the same time make different ones") {
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& own : made)
      threads.emplace_back([&own] {
        for (int i = 0; i < 20'000; ++i)
          own.push_back(make_prediction_id());
      });
  }
  std::vector<std::string> all;
  for (auto& own : made)
    all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}
