#include "trust/tuf/internal/verifier.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "host/text/text.h"

namespace airlock::tuf::internal {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::string_view kEd25519 = "ed25519";
constexpr std::string_view kEcdsa = "ecdsa";
constexpr std::string_view kP256 = "ecdsa-sha2-nistp256";
constexpr std::string_view kRsa = "rsa";
constexpr std::string_view kPss = "rsassa-pss-sha256";
constexpr std::string_view kPemBegin = "-----BEGIN PUBLIC KEY-----\n";
constexpr std::string_view kPemEnd = "-----END PUBLIC KEY-----";

using Pkey = std::shared_ptr<EVP_PKEY>;

// One block of PEM and nothing around it: the library would look for one anywhere in the text.
Result<Pkey> read_pem(std::string_view pem) {
  const std::string_view block = pem.substr(0, pem.find_last_not_of("\r\n") + 1);
  const bool is_one = block.starts_with(kPemBegin) && block.ends_with(kPemEnd) &&
                      block.find("-----", kPemBegin.size()) == block.size() - kPemEnd.size();
  if (!is_one) return fail(Code::bad_key);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  if (!bio) return fail(Code::no_room);
  Pkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key) return fail(Code::bad_key);
  return key;
}

// P-256 by its name: parameters that a key brings itself could be anything, and a point that is not
// on the curve is no key.
Status check_ec(EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                     &size) != 1 ||
      std::string_view(group.data(), size) != SN_X9_62_prime256v1) {
    return fail(Code::bad_key);
  }
  int is_explicit = 1;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) !=
          1 ||
      is_explicit != 0) {
    return fail(Code::bad_key);
  }
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key, nullptr), &EVP_PKEY_CTX_free);
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return fail(Code::bad_key);
  // So that one key has one identity, whether its point was written compressed or not.
  if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    return fail(Code::bad_key);
  }
  return {};
}

Status check_rsa(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin) return fail(Code::key_too_weak, static_cast<std::uint64_t>(bits));
  if (bits > kRsaBitsMax) return fail(Code::bad_key, static_cast<std::uint64_t>(bits));
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
    return fail(Code::bad_key);
  }
  const bool is_sound = BN_is_odd(exponent) && !BN_is_one(exponent);
  BN_free(exponent);
  if (!is_sound) return fail(Code::bad_key);
  return {};
}

Result<Buffer> der_of(EVP_PKEY* key) {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return fail(Code::bad_key);
  Buffer made(der, der + size);
  OPENSSL_free(der);
  return made;
}

Result<std::string> pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  char* text = nullptr;
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) return fail(Code::bad_key);
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<std::string> hex_of_ed25519(EVP_PKEY* key) {
  std::array<std::uint8_t, crypto::kEd25519KeySize> raw;
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return fail(Code::bad_key);
  return text::to_hex(raw);
}

bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

}  // namespace

Result<Spelling> spelling_of(std::string_view pem) {
  AIRLOCK_ASSIGN(const Pkey key, read_pem(pem));
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_ED25519: {
      AIRLOCK_ASSIGN(std::string hex, hex_of_ed25519(key.get()));
      return Spelling{kEd25519, kEd25519, std::move(hex)};
    }
    case EVP_PKEY_EC: {
      if (!check_ec(key.get())) return fail(Code::key_too_weak);
      AIRLOCK_ASSIGN(std::string made, pem_of(key.get()));
      return Spelling{kEcdsa, kP256, std::move(made)};
    }
    case EVP_PKEY_RSA: {
      AIRLOCK_ASSIGN(std::string made, pem_of(key.get()));
      return Spelling{kRsa, kPss, std::move(made)};
    }
    default: return fail(Code::key_too_weak);
  }
}

Result<Verifier> Verifier::make(std::string_view type, std::string_view scheme,
                                std::string_view material) {
  if (type == kEd25519 && scheme == kEd25519) return make_ed25519(material);
  if ((type == kEcdsa || type == kP256) && scheme == kP256) {
    return make_pem(material, Padding::none);
  }
  if (type == kRsa && scheme == kPss) return make_pem(material, Padding::pss);
  return fail(Code::unsupported_algorithm);
}

Result<Verifier> Verifier::make_ed25519(std::string_view hex) {
  AIRLOCK_ASSIGN(Buffer raw, text::from_hex(hex));
  AIRLOCK_ASSIGN(const crypto::PublicKey key,
                 crypto::make_public_key(crypto::Algorithm::eddsa, raw));
  return Verifier(key, std::move(raw));
}

Result<Verifier> Verifier::make_pem(std::string_view pem, Padding padding) {
  AIRLOCK_ASSIGN(Pkey key, read_pem(pem));
  const int type = padding == Padding::pss ? EVP_PKEY_RSA : EVP_PKEY_EC;
  if (EVP_PKEY_get_base_id(key.get()) != type) return fail(Code::bad_key);
  AIRLOCK_TRY(type == EVP_PKEY_RSA ? check_rsa(key.get()) : check_ec(key.get()));
  AIRLOCK_ASSIGN(Buffer identity, der_of(key.get()));
  return Verifier(Pem{std::move(key), padding}, std::move(identity));
}

bool Verifier::verifies(Bytes message, Bytes signature) const {
  if (const auto* ed25519 = std::get_if<crypto::PublicKey>(&key_)) {
    return crypto::verify(*ed25519, std::array{message}, signature).has_value();
  }
  const Pem& pem = std::get<Pem>(key_);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  return context &&
         EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, pem.key.get()) ==
             1 &&
         (pem.padding == Padding::none || use_pss(parameters)) &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace airlock::tuf::internal
