#include "publish/keys/slh_dsa.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "host/parallel/parallel.h"

namespace airlock::keys::slh_dsa {
namespace {

// Nearly all of a signature's time is the leaves of its trees, each of which is made alone.
constexpr std::size_t kWorkersMax = 8;

using crypto::Sha256;
using namespace crypto::slh_dsa;  // NOLINT(google-build-using-namespace): one algorithm, two rooms

// A hash that signs, until it is published or dropped.
struct SecretHash {
  Hash value{};
  SecretHash() = default;
  explicit SecretHash(const Hash& hash) : value(hash) {}
  SecretHash(const SecretHash&) = delete;
  SecretHash& operator=(const SecretHash&) = delete;
  ~SecretHash() { OPENSSL_cleanse(value.data(), value.size()); }
};

struct Signer {
  SeededHash seeded;
  Bytes secret_seed;

  explicit Signer(Bytes secret)
      : seeded(secret.subspan(2 * kHashSize, kHashSize)), secret_seed(secret.first(kHashSize)) {}
};

void append(file::Buffer& signature, Bytes part) {
  signature.insert(signature.end(), part.begin(), part.end());
}

// The node of one chain after `steps` steps from its secret.
Hash chain_node(const Signer& signer, const Address& place, std::uint32_t pair, std::uint32_t chain,
                std::uint8_t steps) {
  Address secret = place.at(Purpose::chain_secret, pair);
  secret.step(chain, 0);
  SecretHash node(signer.seeded.one(secret, signer.secret_seed));
  Address address = place.at(Purpose::chain, pair);
  for (std::uint32_t step = 0; step < steps; ++step) {
    address.step(chain, step);
    node.value = signer.seeded.one(address, node.value);
  }
  return node.value;
}

// The leaf of a hypertree's tree: the public half of a one-time key.
Hash chains_leaf(const Signer& signer, const Address& place, std::uint32_t pair) {
  Sha256 ends = signer.seeded.begin(place.at(Purpose::chains, pair));
  for (std::uint32_t chain = 0; chain < kChains; ++chain) {
    ends.update(chain_node(signer, place, pair, chain, kStepsMax));
  }
  return SeededHash::end(ends);
}

Hash fors_secret(const Signer& signer, const Address& place, std::uint32_t pair,
                 std::uint32_t leaf) {
  Address address = place.at(Purpose::fors_secret, pair);
  address.node(0, leaf);
  return signer.seeded.one(address, signer.secret_seed);
}

// A whole tree over `nodes`, whose first leaf has the place `base`: appends the siblings on the
// way up from `leaf` to `path`, and returns the root.
Hash grow(const Signer& signer, Address address, std::vector<Hash> nodes, std::uint32_t base,
          std::uint32_t leaf, file::Buffer& path) {
  for (std::uint32_t level = 0; nodes.size() > 1; ++level) {
    append(path, nodes[ancestor(leaf, level) ^ 1U]);
    for (std::uint32_t i = 0; i < nodes.size() / 2; ++i) {
      address.node(level + 1, ancestor(base, level + 1) + i);
      nodes[i] = signer.seeded.two(address, nodes[2 * i], nodes[2 * i + 1]);
    }
    nodes.resize(nodes.size() / 2);
  }
  return nodes[0];
}

Hash grow_layer(const Signer& signer, const Address& place, std::uint32_t leaf,
                file::Buffer& path) {
  std::vector<Hash> leaves(std::size_t{1} << kTreeHeight);
  const auto make = [&](std::size_t, std::size_t i) -> Status {
    leaves[i] = chains_leaf(signer, place, static_cast<std::uint32_t>(i));
    return {};
  };
  AIRLOCK_CHECK(parallel::for_each({0, leaves.size()}, parallel::worker_count(kWorkersMax), make)
                    .has_value());
  return grow(signer, place.at(Purpose::tree), std::move(leaves), 0, leaf, path);
}

// Appends the FORS signature and returns the FORS key that it leads to.
Hash sign_fors(const Signer& signer, const Selection& selected, file::Buffer& signature) {
  const Address place(0, selected.tree);
  Address address = place.at(Purpose::fors_tree, selected.leaf);
  Sha256 roots = signer.seeded.begin(place.at(Purpose::fors_roots, selected.leaf));
  for (std::size_t i = 0; i < kForsTrees; ++i) {
    const auto base = static_cast<std::uint32_t>(i << kForsHeight);
    std::vector<Hash> leaves(std::size_t{1} << kForsHeight);
    for (std::uint32_t k = 0; k < leaves.size(); ++k) {
      const SecretHash secret(fors_secret(signer, place, selected.leaf, base + k));
      address.node(0, base + k);
      leaves[k] = signer.seeded.one(address, secret.value);
    }
    append(signature, fors_secret(signer, place, selected.leaf, base + selected.fors[i]));
    roots.update(grow(signer, address, std::move(leaves), base, selected.fors[i], signature));
  }
  return SeededHash::end(roots);
}

// Appends one layer's signature over `hash`, and returns the root that it leads to.
Hash sign_layer(const Signer& signer, const Address& place, std::uint32_t leaf, const Hash& hash,
                file::Buffer& signature) {
  const std::array<std::uint8_t, kChains> digits = digits_of(hash);
  for (std::uint32_t chain = 0; chain < kChains; ++chain) {
    append(signature, chain_node(signer, place, leaf, chain, digits[chain]));
  }
  return grow_layer(signer, place, leaf, signature);
}

// PRF_msg: HMAC-SHA-256 with SK.prf, over opt_rand and the message.
Hash randomizer_of(Bytes secret, std::span<const Bytes> message, Bytes opt_rand) {
  file::Buffer whole(opt_rand.begin(), opt_rand.end());
  for (Bytes part : message) append(whole, part);
  const Bytes key = secret.subspan(kHashSize, kHashSize);
  std::array<std::uint8_t, 32> made{};
  std::size_t size = 0;
  AIRLOCK_CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                          whole.data(), whole.size(), made.data(), made.size(), &size) != nullptr);
  Hash randomizer;
  copy_into(randomizer, Bytes(made).first(kHashSize));
  return randomizer;
}

Hash root_of(Bytes secret) {
  file::Buffer unused;
  return grow_layer(Signer(secret), Address(kLayers - 1, 0), 0, unused);
}

}  // namespace

Secret derive(Bytes seeds) {
  AIRLOCK_CHECK(seeds.size() == kSeedsSize);
  Secret secret(kSecretSize);
  copy_into(secret.room(), seeds);
  copy_into(secret.room().last(kHashSize), root_of(secret.view()));
  return secret;
}

bool has_its_root(Bytes secret) {
  AIRLOCK_CHECK(secret.size() == kSecretSize);
  return equal(root_of(secret), secret.last(kHashSize));
}

file::Buffer sign(Bytes secret, std::span<const Bytes> message) {
  constexpr std::array<std::uint8_t, 2> kPureWithoutContext = {0, 0};
  std::vector<Bytes> wrapped = {kPureWithoutContext};
  wrapped.insert(wrapped.end(), message.begin(), message.end());
  return sign_internal(secret, wrapped, public_half(secret).first(kHashSize));
}

file::Buffer sign_internal(Bytes secret, std::span<const Bytes> message, Bytes opt_rand) {
  AIRLOCK_CHECK(secret.size() == kSecretSize && opt_rand.size() == kHashSize);
  const Signer signer(secret);
  file::Buffer signature;
  signature.reserve(crypto::slh_dsa::kSignatureSize);
  append(signature, randomizer_of(secret, message, opt_rand));
  Selection selected = select(Bytes(signature).first(kHashSize), public_half(secret), message);
  Hash node = sign_fors(signer, selected, signature);
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    node = sign_layer(signer, Address(layer, selected.tree), selected.leaf, node, signature);
    selected.leaf = static_cast<std::uint32_t>(selected.tree & ((1U << kTreeHeight) - 1));
    selected.tree >>= kTreeHeight;
  }
  AIRLOCK_CHECK(signature.size() == crypto::slh_dsa::kSignatureSize);
  return signature;
}

}  // namespace airlock::keys::slh_dsa
