#include "http/prediction_maker.hpp"
#include "http/request.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

document_ptr make_schema() {
  std::string problem;
  auto document = make_document(R"({"components":{"schemas":{"Input":{"type":"object","properties":{)"
                                R"("n":{"type":"integer"},"image":{"type":"string","format":"uri"}}}}}})",
                                problem);
  REQUIRE(problem.empty());
  return document;
}

/// A request that has been read.
struct incoming {
  explicit incoming(std::string body, bool put = false) {
    request.has_content_type = true;
    request.content_type = "application/json";
    request.body = std::move(body);
    match.where = put ? route::prediction : route::predictions;
    match.id = put ? "path" : "";
  }

  made_prediction make(bool only_urls = false) {
    config.forbid_private_urls = only_urls;
    return make_prediction(request, match, schema.get(), config);
  }
  std::shared_ptr<const prediction_request> made() {
    auto result = make();
    REQUIRE(result.index() == 0);
    return std::get<0>(result);
  }
  unsigned refused(bool only_urls = false) {
    auto result = make(only_urls);
    REQUIRE(result.index() == 1);
    return std::get<http_response>(result).status;
  }

  server_config config;
  http_request request;
  route_match match;
  document_ptr schema;
};

}   // namespace

TEST_CASE("make_prediction: what the header says goes into the prediction") {
  incoming from{R"({"input":{"a":1},"webhook":"http://h/"})"};
  from.request.prefer = "respond-async";
  from.request.traceparent = "00-1";
  from.request.tracestate = "a=b";
  auto made = from.made();
  CHECK(made->input_json() == R"({"a":1})");
  CHECK(made->webhook == "http://h/");
  CHECK(made->respond_async);
  CHECK_FALSE(made->streamed);
  CHECK_FALSE(made->put);
  CHECK_FALSE(made->training);
  CHECK(made->traceparent == "00-1");
  CHECK(made->tracestate == "a=b");
  CHECK(made->created > std::chrono::system_clock::time_point{});
}

TEST_CASE("make_prediction: the body's memory goes with it") {
  auto account = std::make_shared<memory_account>(100);
  incoming from{"{}"};
  from.request.memory = memory_lease{account};
  REQUIRE(from.request.memory.grow_to(2));
  auto made = from.made();
  CHECK(made->memory.bytes() == 2);
  CHECK(from.request.memory.bytes() == 0);
  made = nullptr;
  CHECK(account->used() == 0);
}

TEST_CASE("make_prediction: a POST keeps the id it was given, else it gets one") {
  CHECK(incoming{R"({"id":"mine"})"}.made()->id == "mine");
  auto first = incoming{"{}"}.made()->id;
  CHECK(first.starts_with("pred_"));
  CHECK(first != incoming{"{}"}.made()->id);
}

TEST_CASE("make_prediction: a PUT has the id of its path, and no other in its body") {
  auto made = incoming{"{}", true}.made();
  CHECK(made->put);
  CHECK(made->id == "path");
  CHECK(incoming{R"({"id":"path"})", true}.made()->id == "path");
  CHECK(incoming{R"({"id":"other"})", true}.refused() == 422);
  incoming training{R"({"id":"other"})", true};
  training.match.where = route::training;
  CHECK(std::get<http_response>(training.make()).body.find("training ID must match") != std::string::npos);
}

TEST_CASE("make_prediction: a wrong input is refused, but for those whom the router has to see") {
  auto wrong = R"({"input":{"n":"x"}})";
  incoming post{wrong};
  post.schema = make_schema();
  CHECK(post.refused() == 422);
  incoming put{wrong, true};
  put.schema = make_schema();
  CHECK(put.made()->errors.size() == 1);
  incoming stream{wrong};
  stream.schema = make_schema();
  stream.request.accept = "text/event-stream";
  auto made = stream.made();
  CHECK(made->errors.size() == 1);
  CHECK(made->id.starts_with("pred_"));
}

TEST_CASE("make_prediction: a data URL that cannot be decoded is a wrong input") {
  incoming from{R"({"input":{"image":"data:image/png;base64"}})"};
  from.schema = make_schema();
  CHECK(from.refused() == 422);
}

TEST_CASE("make_prediction: where files must be URLs, paths are a wrong input") {
  incoming path{R"({"input":{"image":"/etc/passwd"}})"};
  path.schema = make_schema();
  CHECK(path.refused(true) == 422);
  incoming url{R"({"input":{"image":"http://h/x"}})"};
  url.schema = make_schema();
  CHECK(url.make(true).index() == 0);
}

TEST_CASE("make_prediction: without a document nothing of the input is checked") {
  CHECK(incoming{R"({"input":{"n":"x"}})"}.made()->errors.empty());
}

TEST_CASE("make_prediction: a body without a media type is not read") {
  incoming from{"[]"};
  from.request.has_content_type = false;
  CHECK(from.made()->body == "{}");
}

TEST_CASE("make_prediction: what is no JSON is 400, what has the wrong shape 422") {
  CHECK(incoming{"{"}.refused() == 400);
  CHECK(incoming{"[]"}.refused() == 422);
}

TEST_CASE("make_prediction: the deadline counts from the header's coming") {
  CHECK_FALSE(incoming{"{}"}.made()->has_deadline());
  incoming from{"{}"};
  from.request.cancel_after = "1.5s";
  from.request.cancel_after_read = std::chrono::steady_clock::time_point{std::chrono::hours{1}};
  auto made = from.made();
  CHECK(made->time_limit == std::chrono::milliseconds{1500});
  CHECK(made->deadline - from.request.cancel_after_read == std::chrono::milliseconds{1500});
  CHECK(made->deadline_time() - made->created == std::chrono::milliseconds{1500});
}

TEST_CASE("make_prediction: a deadline or a priority that makes no sense is 400, whatever the input") {
  for (auto* text : {"soon", "0", "-1s", "5 minutes"}) {
    incoming from{R"({"input":{"n":"no number"}})"};
    from.schema = make_schema();
    from.request.cancel_after = text;
    CHECK(from.refused() == 400);
  }
  incoming from{"{}"};
  from.request.priority = "urgent";
  CHECK(from.refused() == 400);
}

TEST_CASE("make_prediction: COG_DEFAULT_DEADLINE is for those that name none") {
  incoming from{"{}"};
  from.config.default_deadline = real_seconds{30};
  auto before = std::chrono::steady_clock::now();
  auto made = from.made();
  CHECK(made->time_limit == real_seconds{30});
  CHECK(made->deadline >= before + std::chrono::seconds{30});
  from.request.body = "{}";
  from.request.cancel_after = "5m";
  CHECK(from.made()->time_limit == std::chrono::minutes{5});
}

TEST_CASE("make_prediction: the class is normal, unless the header or COG_ASYNC_PRIORITY says low") {
  auto low = [](const char* priority, const char* prefer, const char* of_async) {
    incoming from{"{}"};
    from.request.priority = priority;
    from.request.prefer = prefer;
    from.config.async_priority = of_async;
    return from.made()->low;
  };
  CHECK_FALSE(low("", "", "normal"));
  CHECK(low("low", "", "normal"));
  CHECK_FALSE(low("", "respond-async", "normal"));
  CHECK(low("", "respond-async", "low"));
  CHECK_FALSE(low("", "", "low"));
  CHECK_FALSE(low("normal", "respond-async", "low"));
}
