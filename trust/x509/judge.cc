#include "trust/x509/internal/judge.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

#include "host/text/text.h"
#include "trust/x509/internal/keys.h"
#include "trust/x509/internal/oids.h"
#include "trust/x509/internal/openssl.h"
#include "trust/x509/internal/rules.h"

namespace airlock::x509::internal {
namespace {

std::unexpected<Refusal> refuse(Refusal refusal) { return std::unexpected(std::move(refusal)); }

Place place_of(Candidate path, std::size_t index) {
  if (index == 0) return Place::leaf;
  return index + 1 == path.size() ? Place::root : Place::intermediate;
}

std::expected<void, Refusal> judge_each(Candidate path, std::int64_t moment, Use use) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Certificate& one = *path[i];
    if (auto broken = broken_rule(one, place_of(path, i), use)) return refuse(std::move(*broken));
    const CertificateFields& fields = one.fields();
    if (moment < fields.not_before) {
      return refuse(about(Code::outside_validity, one,
                          "is not valid before " + text::to_time(fields.not_before)));
    }
    if (moment > fields.not_after) {
      return refuse(
          about(Code::outside_validity, one, "expired at " + text::to_time(fields.not_after)));
    }
  }
  return {};
}

// Self-issued intermediates do not count (RFC 5280, 4.2.1.9).
std::expected<void, Refusal> judge_length(Candidate path, std::size_t intermediates_max) {
  const auto between = path.subspan(1, path.size() - 2);
  const auto counted =
      std::ranges::count_if(between, [](const Certificate* one) { return !one->is_self_issued(); });
  if (static_cast<std::size_t>(counted) <= intermediates_max) return {};
  return refuse(about(Code::path_constrained, *path[0], "needs more intermediates than allowed"));
}

// OpenSSL takes more Ed25519 signatures than core/crypto does; there is one rule in every process.
std::expected<void, Refusal> judge_ed25519(Candidate path) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const PublicKeyInfo& key = path[i + 1]->fields().key;
    if (!equal(key.algorithm, oid::kEd25519)) continue;
    const CertificateFields& fields = path[i]->fields();
    if (!verify_signature(key, fields.outer_algorithm, fields.signed_part, fields.signature,
                          Digests::strong)) {
      return refuse(about(Code::untrusted_chain, *path[i], "has a signature that does not verify"));
    }
  }
  return {};
}

Code code_of(int error) {
  switch (error) {
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
    case X509_V_ERR_NO_EXPLICIT_POLICY:
    case X509_V_ERR_INVALID_POLICY_EXTENSION: return Code::path_constrained;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_AKID_SKID_MISMATCH: return Code::untrusted_chain;
    default: return Code::bad_certificate;
  }
}

X509Pointer openssl_of(const Certificate& certificate) {
  const unsigned char* at = certificate.der().data();
  return X509Pointer(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())));
}

// The certificates between leaf and root, or nothing where OpenSSL cannot read one.
CertificateStack stack_of(Candidate between) {
  CertificateStack stack(sk_X509_new_null());
  for (const Certificate* const one : between) {
    X509Pointer read = openssl_of(*one);
    if (!stack || !read || sk_X509_push(stack.get(), read.get()) <= 0) return nullptr;
    static_cast<void>(read.release());  // the stack owns it now
  }
  return stack;
}

unsigned long flags_of(const PolicyInputs& policies) {
  // The last second of a validity still counts (RFC 5280, 4.1.2.5), not to OpenSSL: judge_each
  // asks.
  unsigned long flags =
      X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_NO_CHECK_TIME;
  if (policies.explicit_policy) flags |= X509_V_FLAG_EXPLICIT_POLICY;
  if (policies.inhibit_any) flags |= X509_V_FLAG_INHIBIT_ANY;
  if (policies.inhibit_mapping) flags |= X509_V_FLAG_INHIBIT_MAP;
  return flags;
}

bool add_policy(X509_VERIFY_PARAM* parameters, const char* policy) {
  std::unique_ptr<ASN1_OBJECT, Freed<ASN1_OBJECT_free>> object(OBJ_txt2obj(policy, 1));
  if (!object || X509_VERIFY_PARAM_add0_policy(parameters, object.get()) != 1) return false;
  static_cast<void>(object.release());  // the parameters own it now
  return true;
}

bool set_parameters(X509_VERIFY_PARAM* parameters, const PolicyInputs& policies) {
  constexpr const char* kAnyPolicy = "2.5.29.32.0";
  X509_VERIFY_PARAM_set_depth(parameters, kPathMax);
  X509_VERIFY_PARAM_set_auth_level(parameters, 0);  // is_strong_key decided that
  // An empty list is no policy to OpenSSL; to RFC 5280, 6.1.1 (c), "any" is one that is written.
  if (policies.accepted.empty() && !add_policy(parameters, kAnyPolicy)) return false;
  for (const std::string& policy : policies.accepted) {
    if (!add_policy(parameters, policy.c_str())) return false;
  }
  return X509_VERIFY_PARAM_set_flags(parameters, flags_of(policies)) == 1;
}

// What OpenSSL proved must be this very path: every certificate of it, in its order.
bool is_whole_path(X509_STORE_CTX* context, Candidate path) {
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context);
  if (chain == nullptr || sk_X509_num(chain) != static_cast<int>(path.size())) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const X509Pointer own = openssl_of(*path[i]);
    if (!own || X509_cmp(sk_X509_value(chain, static_cast<int>(i)), own.get()) != 0) return false;
  }
  return true;
}

std::expected<void, Refusal> judge_by_openssl(Candidate path, const PolicyInputs& policies) {
  const X509Pointer leaf = openssl_of(*path.front());
  const X509Pointer root = openssl_of(*path.back());
  const CertificateStack between = stack_of(path.subspan(1, path.size() - 2));
  const StorePointer store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  if (!leaf || !root || !between) {
    return refuse(about(Code::bad_certificate, *path[0], "is in a chain that is malformed"));
  }
  const bool is_ready =
      store && context && X509_STORE_add_cert(store.get(), root.get()) == 1 &&
      X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), between.get()) == 1 &&
      set_parameters(X509_STORE_CTX_get0_param(context.get()), policies);
  if (!is_ready) return refuse({Code::no_room, "the path cannot be judged with these inputs"});
  if (X509_verify_cert(context.get()) == 1) {
    if (is_whole_path(context.get(), path)) return {};
    return refuse(about(Code::untrusted_chain, *path[0], "leads to its root by another path"));
  }
  const int error = X509_STORE_CTX_get_error(context.get());
  const auto depth =
      static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context.get())));
  const Certificate& where = *path[std::min(depth, path.size() - 1)];
  return refuse(about(code_of(error), where,
                      std::string("is refused: ") + X509_verify_cert_error_string(error)));
}

}  // namespace

bool may_issue(const Certificate& issuer, const Certificate& certificate) {
  if (!same_name(issuer.fields().subject, certificate.fields().issuer)) return false;
  const auto& wanted = certificate.fields().extensions.authority_key_id;
  const auto& own = issuer.fields().extensions.subject_key_id;
  return !wanted || !wanted->key_id || !own || equal(*wanted->key_id, *own);
}

bool is_linked(Candidate path) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const CertificateFields& fields = path[i]->fields();
    const auto verified =
        verify_signature(path[i + 1]->fields().key, fields.outer_algorithm, fields.signed_part,
                         fields.signature, Digests::published);
    if (!verified && verified.error().code == Code::bad_signature) return false;
  }
  return true;
}

std::expected<void, Refusal> judge(Candidate path, std::int64_t moment, const Purpose& purpose) {
  if (auto judged = judge_each(path, moment, purpose.use); !judged) return judged;
  if (auto judged = judge_length(path, purpose.intermediates_max); !judged) return judged;
  if (auto judged = judge_by_openssl(path, purpose.policies); !judged) return judged;
  if (auto judged = judge_ed25519(path); !judged) return judged;
  if (auto broken = broken_constraint(path)) return refuse(std::move(*broken));
  if (auto missing = missing_name(*path.front(), purpose.names)) {
    return refuse(std::move(*missing));
  }
  return {};
}

}  // namespace airlock::x509::internal
