// Finding and making keys in a token.
#include <openssl/crypto.h>

#include <algorithm>

#include "publish/token/internal.h"
#include "publish/token/watched.h"

namespace airlock::token {
namespace {

constexpr std::size_t kAttributeSizeMax = 256;
constexpr std::size_t kEd25519PointSize = 32;
constexpr std::size_t kWeierstrassPointSize = 65;

// OIDs in DER: 1.3.101.112, 1.3.132.0.10, 1.2.840.10045.3.1.7.
constexpr std::array<std::uint8_t, 5> kEd25519Oid{0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 7> kSecp256k1Oid{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a};
constexpr std::array<std::uint8_t, 10> kP256Oid{0x06, 0x08, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x03, 0x01, 0x07};
// PKCS#11 v3.0, section 2.3.10: an Edwards curve by name, as a PrintableString.
constexpr std::string_view kEd25519Name =
    "\x13\x0c"
    "edwards25519";

constexpr std::array kCurves{Curve::ed25519, Curve::secp256k1, Curve::p256};

Result<Curve> curve_of(Bytes params) {
  for (Curve curve : kCurves) {
    if (equal(params, params_of(curve))) return curve;
  }
  if (equal(params, bytes_of(kEd25519Name))) return Curve::ed25519;
  return fail(Code::key_too_weak);
}

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  return {type, const_cast<void*>(value), static_cast<CK_ULONG>(size)};
}

template <class Value>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const Value& value) {
  return attribute(type, &value, sizeof value);
}

constexpr CK_BBOOL kTrue = CK_TRUE;
constexpr CK_BBOOL kFalse = CK_FALSE;
constexpr CK_OBJECT_CLASS kPrivate = CKO_PRIVATE_KEY;
constexpr CK_OBJECT_CLASS kPublic = CKO_PUBLIC_KEY;

Result<file::Buffer> read(const Session& session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  file::Buffer value(kAttributeSizeMax);
  CK_ATTRIBUTE wanted = attribute(type, value.data(), value.size());
  AIRLOCK_TRY(checked(session.call().C_GetAttributeValue(session.handle(), object, &wanted, 1)));
  value.resize(std::min<std::size_t>(wanted.ulValueLen, kAttributeSizeMax));
  return value;
}

// The one object of these attributes: token_missing where there is none, or a second one.
Result<CK_OBJECT_HANDLE> find_one(const Session& session, std::vector<CK_ATTRIBUTE> wanted) {
  CK_FUNCTION_LIST& call = session.call();
  AIRLOCK_TRY(checked(call.C_FindObjectsInit(session.handle(), wanted.data(), wanted.size())));
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  const CK_RV answered = call.C_FindObjects(session.handle(), found.data(), found.size(), &count);
  call.C_FindObjectsFinal(session.handle());
  AIRLOCK_TRY(checked(answered));
  if (count != 1) return fail(Code::token_missing, count);
  return found[0];
}

// What a URI says of an object (its label and id), of this class.
std::vector<CK_ATTRIBUTE> wanted_by(const Uri& uri, const CK_OBJECT_CLASS& object_class) {
  std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, object_class)};
  for (const CK_ATTRIBUTE_TYPE type : {CKA_LABEL, CKA_ID}) {
    const CK_ATTRIBUTE* named = p11_kit_uri_get_attribute(uri.parsed().uri.get(), type);
    if (named != nullptr) wanted.push_back(*named);
  }
  return wanted;
}

// CKA_EC_POINT is an OCTET STRING by the standard; some modules leave its two bytes out.
Result<file::Buffer> point_of(const Session& session, CK_OBJECT_HANDLE object, Curve curve) {
  AIRLOCK_ASSIGN(file::Buffer point, read(session, object, CKA_EC_POINT));
  const std::size_t size = curve == Curve::ed25519 ? kEd25519PointSize : kWeierstrassPointSize;
  if (point.size() == size + 2 && point[0] == 0x04 && point[1] == size) {
    point.erase(point.begin(), point.begin() + 2);
  }
  if (point.size() != size) return fail(Code::bad_key);
  return point;
}

// The public half is the public object with the private one's id.
Result<CK_OBJECT_HANDLE> public_half(const Session& session, CK_OBJECT_HANDLE object) {
  AIRLOCK_ASSIGN(const file::Buffer id, read(session, object, CKA_ID));
  return find_one(session,
                  {attribute(CKA_CLASS, kPublic), attribute(CKA_ID, id.data(), id.size())});
}

Status check_may_sign(const Session& session, CK_OBJECT_HANDLE object) {
  AIRLOCK_ASSIGN(const file::Buffer may_sign, read(session, object, CKA_SIGN));
  if (may_sign != file::Buffer{CK_TRUE}) return fail(Code::key_too_weak);
  return {};
}

Status make_pair(const Session& session, Curve curve, const CK_ATTRIBUTE& label, Bytes id) {
  const Bytes params = curve == Curve::ed25519 ? bytes_of(kEd25519Name) : params_of(curve);
  CK_MECHANISM mechanism{
      curve == Curve::ed25519 ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  std::array public_template{attribute(CKA_TOKEN, kTrue), attribute(CKA_VERIFY, kTrue), label,
                             attribute(CKA_ID, id.data(), id.size()),
                             attribute(CKA_EC_PARAMS, params.data(), params.size())};
  std::array private_template{attribute(CKA_TOKEN, kTrue),
                              attribute(CKA_PRIVATE, kTrue),
                              attribute(CKA_SENSITIVE, kTrue),
                              attribute(CKA_EXTRACTABLE, kFalse),
                              attribute(CKA_SIGN, kTrue),
                              label,
                              attribute(CKA_ID, id.data(), id.size())};
  CK_OBJECT_HANDLE public_key = 0, private_key = 0;
  return checked(session.call().C_GenerateKeyPair(
      session.handle(), &mechanism, public_template.data(), public_template.size(),
      private_template.data(), private_template.size(), &public_key, &private_key));
}

}  // namespace

Bytes params_of(Curve curve) {
  switch (curve) {
    case Curve::ed25519: return kEd25519Oid;
    case Curve::secp256k1: return kSecp256k1Oid;
    case Curve::p256: return kP256Oid;
  }
  return {};
}

namespace {

Result<std::shared_ptr<Key::Opened>> open_in(const std::shared_ptr<Slot>& slot, const Uri& uri) {
  AIRLOCK_ASSIGN(const Session session, Session::in(slot));
  auto opened = std::make_shared<Key::Opened>();
  opened->slot = slot;
  AIRLOCK_ASSIGN(opened->object, find_one(session, wanted_by(uri, kPrivate)));
  AIRLOCK_TRY(check_may_sign(session, opened->object));
  AIRLOCK_ASSIGN(const CK_OBJECT_HANDLE half, public_half(session, opened->object));
  AIRLOCK_ASSIGN(const file::Buffer params, read(session, half, CKA_EC_PARAMS));
  AIRLOCK_ASSIGN(opened->curve, curve_of(params));
  AIRLOCK_ASSIGN(opened->point, point_of(session, half, opened->curve));
  return opened;
}

// The PIN goes with the call, which may be left behind, and is wiped when that ends.
class Pin {
 public:
  explicit Pin(Bytes pin) : bytes_(pin.begin(), pin.end()) {}
  Pin(Pin&&) noexcept = default;
  Pin& operator=(Pin&&) = delete;
  ~Pin() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Bytes view() const { return bytes_; }

 private:
  file::Buffer bytes_;
};

using Opening = Result<std::shared_ptr<Key::Opened>>;

Opening open_now(const Uri& uri, const Pin& pin) {
  AIRLOCK_ASSIGN(const std::shared_ptr<Slot> slot, find_slot(uri));
  AIRLOCK_TRY(slot->login(pin.view(), Slot::Access::read));
  return open_in(slot, uri);
}

Opening generate_now(const Uri& uri, const Pin& pin, Curve curve) {
  const CK_ATTRIBUTE* label = p11_kit_uri_get_attribute(uri.parsed().uri.get(), CKA_LABEL);
  if (label == nullptr) return fail(Code::missing_field);
  AIRLOCK_ASSIGN(const std::shared_ptr<Slot> slot, find_slot(uri));
  AIRLOCK_TRY(slot->login(pin.view(), Slot::Access::write));
  {
    AIRLOCK_ASSIGN(const Session session, Session::in(slot));
    const auto there = find_one(session, wanted_by(uri, kPrivate));
    if (there || there.error().at > 0) return fail(Code::exists_already);
    std::array<std::uint8_t, 16> id;
    AIRLOCK_TRY(checked(session.call().C_GenerateRandom(session.handle(), id.data(), id.size())));
    AIRLOCK_TRY(make_pair(session, curve, *label, id));
  }
  return open_in(slot, uri);
}

template <class Work>
Opening watched(std::chrono::milliseconds wait_max, Work work) {
  const auto ended = wait(*begin<Opening>(std::move(work)), wait_max);
  return ended ? *ended : fail(Code::timed_out);
}

}  // namespace

Result<Key> Key::open(const Uri& uri, Bytes pin, std::chrono::milliseconds wait_max) {
  AIRLOCK_ASSIGN(auto opened,
                 watched(wait_max, [uri, pin = Pin(pin)] { return open_now(uri, pin); }));
  return Key(std::move(opened));
}

Result<Key> Key::generate(const Uri& uri, Bytes pin, Curve curve,
                          std::chrono::milliseconds wait_max) {
  AIRLOCK_ASSIGN(auto opened, watched(wait_max, [uri, pin = Pin(pin), curve] {
                   return generate_now(uri, pin, curve);
                 }));
  return Key(std::move(opened));
}

Curve Key::curve() const { return opened_->curve; }
Bytes Key::public_point() const { return opened_->point; }

}  // namespace airlock::token
