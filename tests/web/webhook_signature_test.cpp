#include "web/webhook_signature.hpp"
#include "../support/temporary_folder.hpp"
#include "io/base64.hpp"
#include <algorithm>
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string encoded(size_t bytes) {
  std::string text = "whsec_";
  append_base64(text, std::string(bytes, 'x'));
  return text;
}

std::vector<std::string> secrets_of(const std::string& text) {
  std::string problem;
  auto secrets = read_webhook_secrets(text, problem);
  REQUIRE_MESSAGE(secrets, problem);
  return *secrets;
}

const std::chrono::system_clock::time_point moment{std::chrono::seconds{1'700'000'000}};

}   // namespace

TEST_CASE("webhook_signature: the vector of Standard Webhooks") {
  auto secrets = secrets_of("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
  auto lines = sign_webhook(secrets, "pred_a1-completed-3", moment,
                            make_body({std::string{R"({"id":"a1","status":"succeeded"})"}}));
  REQUIRE(lines);
  CHECK(*lines ==
        std::vector<std::string>{"webhook-id: pred_a1-completed-3", "webhook-timestamp: 1700000000",
                                 "webhook-signature: v1,chngv/cYni1MVuq5h7z3gZ/dqGHFDMxR/xXm5waI6RE="});
}

TEST_CASE("webhook_signature: every secret signs, in its order, whatever the spaces between them") {
  auto body = make_body({std::string{"{}"}});
  auto one = sign_webhook(secrets_of(encoded(24)), "msg_1", moment, body)->back();
  auto other = sign_webhook(secrets_of(encoded(64)), "msg_1", moment, body)->back();
  auto both = sign_webhook(secrets_of("  " + encoded(24) + "   " + encoded(64) + " "), "msg_1", moment, body)->back();
  CHECK(one != other);
  CHECK(both == one + " " + other.substr(other.find("v1,")));
}

TEST_CASE("webhook_signature: a body that lies in files is signed like one in memory") {
  temporary_folder temporary;
  std::string content(200'001, 'a');
  write_file(temporary / "big", content);
  std::string shown = "\"data:text/plain;base64,";
  append_base64(shown, content);
  auto secrets = secrets_of(encoded(32));
  std::vector<body_part> in_files{std::string{"["}, output_file{{}, temporary / "big", "text/plain", content.size()},
                                  std::string{"]"}};
  CHECK(sign_webhook(secrets, "msg_1", moment, make_body(in_files)) ==
        sign_webhook(secrets, "msg_1", moment, make_body({"[" + shown + "\"]"})));
}

TEST_CASE("webhook_signature: a body with a file that is gone cannot be signed") {
  std::vector<body_part> body{raw_file{"/nonexistent/file", 0, 3}};
  CHECK_FALSE(sign_webhook(secrets_of(encoded(32)), "msg_1", moment, make_body(body)));
}

TEST_CASE("webhook_signature: what is no secret is told by its number, and not shown") {
  auto good = encoded(24);
  for (auto& bad : {encoded(23), encoded(65), std::string{"whsec_"}, std::string{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"},
                    std::string{"whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}, good + "!", good.substr(0, good.size() - 1),
                    std::string{"whsec_AAECAwQFBgcICQoLDA0ODx-REhMUFRYX"}}) {
    std::string problem;
    CHECK_FALSE(read_webhook_secrets(good + " " + bad, problem));
    CHECK(problem == "secret 2 is not whsec_ and 24 to 64 bytes in base64");
  }
  CHECK(secrets_of("").empty());
  CHECK(secrets_of(" ").empty());
}

TEST_CASE("webhook_signature: ids are long, plain and never the same") {
  auto id = make_webhook_id();
  CHECK(id.size() == 26);
  CHECK(id.starts_with("msg_"));
  CHECK(std::all_of(id.begin() + 4, id.end(), [](unsigned char letter) { return std::isalnum(letter) != 0; }));
  CHECK(make_webhook_id() != id);
}
