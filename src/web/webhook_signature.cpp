#include "web/webhook_signature.hpp"
#include "io/base64.hpp"
#include <algorithm>
#include <array>
#include <memory>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdexcept>

namespace cog {

namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr size_t shortest_secret = 24;   // bytes
constexpr size_t longest_secret = 64;

/// A running HMAC-SHA256. Throws std::runtime_error where the library lacks it, or memory.
class hmac {
public:
  explicit hmac(std::string_view secret) {
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> kind{EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
    context_.reset(kind ? EVP_MAC_CTX_new(kind.get()) : nullptr);
    std::string digest = "SHA256";
    std::array params{OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0), OSSL_PARAM_construct_end()};
    check(context_ &&
          EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                       params.data()) == 1);
  }

  void add(std::string_view bytes) {
    check(EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1);
  }

  std::string finish() {
    std::array<unsigned char, 32> sum{};
    size_t length = 0;
    check(EVP_MAC_final(context_.get(), sum.data(), &length, sum.size()) == 1);
    return {sum.begin(), sum.begin() + length};
  }

private:
  static void check(bool good) {
    if (!good)
      throw std::runtime_error{"HMAC-SHA256 is not to be had"};
  }

  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_{nullptr, EVP_MAC_CTX_free};
};

/// Strict: what an encoder would not write is none. Empty: it is none.
std::string decode_secret(std::string_view text) {
  if (!text.starts_with(secret_prefix))
    return {};
  text.remove_prefix(secret_prefix.size());
  std::string bytes;
  std::string again;
  base64_decoder{}.append(text, bytes);
  append_base64(again, bytes);
  return again == text && bytes.size() >= shortest_secret && bytes.size() <= longest_secret ? bytes : std::string{};
}

}   // namespace

std::optional<std::vector<std::string>> read_webhook_secrets(std::string_view text, std::string& problem) {
  std::vector<std::string> secrets;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty())
      return secrets;
    auto one = text.substr(0, text.find(' '));
    text.remove_prefix(one.size());
    auto bytes = decode_secret(one);
    if (bytes.empty()) {
      problem = "secret " + std::to_string(secrets.size() + 1) + " is not whsec_ and 24 to 64 bytes in base64";
      return {};
    }
    secrets.push_back(std::move(bytes));
  }
}

std::string make_webhook_id() {
  constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr size_t length = 22;
  std::string id = "msg_";
  auto whole = id.size() + length;
  while (id.size() < whole) {
    std::array<unsigned char, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
      throw std::runtime_error{"no random bytes are to be had"};
    for (auto byte : random)   // what would make some letters likelier is left out
      if (byte < 256 / letters.size() * letters.size() && id.size() < whole)
        id += letters[byte % letters.size()];
  }
  return id;
}

std::optional<std::vector<std::string>> sign_webhook(const std::vector<std::string>& secrets, const std::string& id,
                                                     std::chrono::system_clock::time_point now, const body_ptr& body) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  auto timestamp = std::to_string(seconds);
  std::vector<hmac> sums;
  sums.reserve(secrets.size());
  for (auto& secret : secrets)
    sums.emplace_back(secret).add(id + "." + timestamp + ".");
  body_reader reader{body};
  std::string piece(64UL * 1024, '\0');
  while (true) {
    auto count = reader.read(piece.data(), piece.size());
    if (!count)
      return {};
    if (*count == 0)
      break;
    for (auto& sum : sums)
      sum.add(std::string_view{piece}.substr(0, *count));
  }
  std::string signatures;
  for (auto& sum : sums) {
    signatures += signatures.empty() ? "v1," : " v1,";
    append_base64(signatures, sum.finish());
  }
  return std::vector{"webhook-id: " + id, "webhook-timestamp: " + timestamp, "webhook-signature: " + signatures};
}

}   // namespace cog
