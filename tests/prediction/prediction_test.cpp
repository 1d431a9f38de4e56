#include "prediction/prediction.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("prediction: only succeeded, failed and canceled are terminal") {
  CHECK_FALSE(is_terminal(prediction_status::starting));
  CHECK_FALSE(is_terminal(prediction_status::processing));
  CHECK(is_terminal(prediction_status::succeeded));
  CHECK(is_terminal(prediction_status::failed));
  CHECK(is_terminal(prediction_status::canceled));
}

TEST_CASE("prediction: cancelled is written as Cog writes it") {
  CHECK(to_string(prediction_status::canceled) == "canceled");
}
