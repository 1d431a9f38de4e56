#include "io/sha256.hpp"
#include <array>
#include <new>
#include <openssl/evp.h>

namespace cog {

sha256::sha256() : context_{EVP_MD_CTX_new()} {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{};
}

void sha256::release::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string sha256::hex() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context_.get(), hash.data(), &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i)
    text.append({digits[hash[i] >> 4], digits[hash[i] & 15]});
  return text;
}

}   // namespace cog
