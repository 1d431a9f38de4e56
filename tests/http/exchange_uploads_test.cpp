#include "../support/temporary_folder.hpp"
#include "exchange_support.hpp"
#include "io/folder.hpp"
#include <filesystem>

using namespace cog;

namespace {

struct upload_fixture : exchange_fixture {
  upload_fixture() {
    std::string problem;
    server.document = make_document(R"({"components":{"schemas":{"Input":{"properties":{
      "image":{"type":"string","format":"uri"},"width":{"type":"integer"}},"required":["image"]}}}})",
                                    problem);
    rules.make_folder = [this] {
      return cog::make_folder(root.path + "/upload",
                              [](const std::string& path) { std::filesystem::remove_all(path); });
    };
  }

  std::string head(const std::string& fields, size_t length,
                   const std::string& type = "multipart/form-data; boundary=b") {
    return "POST /predictions HTTP/1.1\r\nhost: h\r\n" + fields + "content-type: " + type +
      "\r\ncontent-length: " + std::to_string(length) + "\r\n\r\n";
  }

  bool has_folder() const { return std::filesystem::exists(root.path + "/upload"); }

  temporary_folder root;
};

std::string part(const std::string& head, const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
}

const std::string form_body = part("name=image; filename=a.png", "content") + part("name=width", "3") + "--b--\r\n";

}   // namespace

TEST_CASE("exchange: a form becomes a prediction whose file lies where it says, however the body is cut") {
  for (size_t length : {size_t{1}, size_t{40}, form_body.size()}) {
    upload_fixture client;
    auto bytes = client.head("", form_body.size()) + form_body;
    for (size_t at = 0; at < bytes.size(); at += length)
      CHECK(client.give(bytes.substr(at, length)) == "");
    REQUIRE(client.server.asked);
    auto& request = *client.server.asked;
    CHECK(request.input_json() == R"({"image":"upload:a.png;number=0;bytes=7","width":3})");
    REQUIRE(request.files.size() == 1);
    CHECK(request.files[0].pointer == "/image");
    CHECK(request.files[0].path.ends_with("/a.png"));
    CHECK(read_file(request.files[0].path) == "content");
    CHECK(client.has_folder());
    CHECK(parse_answer(client.finish(make_snapshot("a"))).status == 200);
    client.server.asked = nullptr;
    CHECK_FALSE(client.has_folder());
  }
}

TEST_CASE("exchange: no more of a form is taken until what came is written") {
  upload_fixture client;
  client.server.holds_files = true;
  auto cut = form_body.size() / 2;
  client.give(client.head("", form_body.size()) + form_body.substr(0, cut));
  REQUIRE(client.under_test);
  CHECK(client.under_test->is_holding());
  client.give(form_body.substr(cut));
  CHECK(client.intake.has_bytes());
}

TEST_CASE("exchange: a part that no input takes is refused before the rest has come") {
  upload_fixture client;
  auto answer = client.ask(client.head("", 100000) + part("name=width; filename=f", "x"));
  CHECK(answer.status == 422);
  CHECK(answer.body ==
        R"({"detail":[{"loc":["body","input","width"],"msg":"The input takes no file","type":"value_error"}]})");
  CHECK(answer.fields["connection"] == "close");
  CHECK_FALSE(client.has_folder());
}

TEST_CASE("exchange: files that find no room are 507, and leave nothing") {
  upload_fixture client;
  client.rules.make_folder = [] { return cog::make_folder("/nowhere/at/all", [](const std::string&) {}); };
  CHECK(client.ask(client.head("", form_body.size()) + form_body).status == 507);
}

TEST_CASE("exchange: whoever asks before sending is told to go on only where there is a place") {
  upload_fixture client;
  CHECK(client.give(client.head("expect: 100-continue\r\n", form_body.size())) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.server.wished);
  client.give(form_body);
  CHECK(client.server.asked);
  upload_fixture late;
  late.server.refusal = errc::at_capacity;
  auto answer = late.ask(late.head("expect: 100-continue\r\n", form_body.size()));
  CHECK(answer.status == 409);
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE("exchange: a body of another type is the one file input, and the query gives the others") {
  upload_fixture client;
  auto bytes = client.head("", 3, "image/png") + "abc";
  bytes.replace(bytes.find("/predictions"), 12, "/predictions?width=4");
  CHECK(client.give(bytes) == "");
  REQUIRE(client.server.asked);
  CHECK(client.server.asked->input_json() == R"({"width":4,"image":"upload:;number=0;bytes=3"})");
  CHECK(client.server.asked->files[0].path.ends_with("/file.png"));
  CHECK(read_file(client.server.asked->files[0].path) == "abc");
  upload_fixture plain;
  CHECK(plain.ask(plain.head("", 3, "text/plain") + "abc").status == 415);
  plain.closing = false;
  plain.server.document = std::make_shared<model_document>();
  auto refused = plain.ask(plain.head("", 3, "application/jsonp") + "abc");
  CHECK(refused.status == 415);
  CHECK(refused.body == "Expected request with `Content-Type: application/json`");
}

TEST_CASE("exchange: a file is the answer where it is asked for, and JSON where it is not such a file") {
  auto result = std::make_shared<prediction_snapshot>(*make_snapshot("a"));
  result->output.json = "\"x\"";
  result->output.files = {{{0, 3}, "/tmp/one.png", "image/png", 5}};
  auto answer_to = [&](const std::string& accept, const snapshot_ptr& end) {
    exchange_fixture client;
    client.give(exchange_fixture::with_body("POST", "/predictions", "{}", "accept: " + accept + "\r\n"));
    return parse_answer(client.finish(end));
  };
  auto file = answer_to("image/*", result);
  CHECK(file.status == 200);
  CHECK(file.body == "</tmp/one.png 0 5>");
  CHECK(file.fields["content-type"] == "image/png");
  CHECK(file.fields["cog-prediction-id"] == "a");
  CHECK(answer_to("*/*", result).fields["content-type"] == "application/json");
  CHECK(answer_to("audio/wav", result).status == 406);
  CHECK(answer_to("image/png", make_snapshot("a", prediction_status::failed)).status == 500);
  CHECK(answer_to("audio/wav, application/json;q=0.1", result).status == 200);
  auto two = std::make_shared<prediction_snapshot>(*result);
  two->output.json = "[\"x\",\"x\"]";
  two->output.files = {{{1, 3}, "/tmp/one.png", "image/png", 5}, {{5, 3}, "/tmp/one.png", "image/png", 5}};
  CHECK(answer_to("image/png", two).status == 406);
}
