#include "prediction/memory_account.hpp"
#include <doctest/doctest.h>
#include <thread>
#include <vector>

using namespace cog;

TEST_CASE("memory_account: what would go beyond the limit is refused, and changes nothing") {
  auto account = std::make_shared<memory_account>(100);
  memory_lease first{account}, second{account};
  CHECK(first.grow_to(60));
  CHECK(first.grow_to(50));
  CHECK(first.bytes() == 60);
  CHECK_FALSE(second.grow_to(41));
  CHECK(account->used() == 60);
  CHECK(second.grow_to(40));
  CHECK(account->is_full());
}

TEST_CASE("memory_lease: its end gives the bytes back, wherever it has gone") {
  auto account = std::make_shared<memory_account>(100);
  memory_lease held{account};
  held.grow_to(70);
  {
    auto moved = std::move(held);
    CHECK(account->used() == 70);
    auto more = moved.another(50);
    CHECK(account->used() == 120);
    moved = memory_lease{account};
    CHECK(account->used() == 50);
  }
  CHECK(account->used() == 0);
}

TEST_CASE("memory_account: leases of several threads add up") {
  auto account = std::make_shared<memory_account>(1000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 10'000; ++round) {
        memory_lease lease{account};
        if (!lease.grow_to(400))
          lease.set(0);
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(account->used() == 0);
}

TEST_CASE("memory_lease: without an account nothing is refused") {
  memory_lease lease;
  CHECK(lease.grow_to(uint64_t{1} << 60));
}
