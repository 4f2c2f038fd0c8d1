// trust/x509: certificates under roots that the device holds.
//
// It is for the further condition that a signing policy may put on a key that stands in the
// keyring: that an authority under a wallet's root certifies that very key for this use, today, and
// has not taken it back; and for servers whose certificates stand under such roots. Three
// questions, each answered on its own:
//
//   validate    is there a path from this certificate to a root?   path.h   (RFC 5280, section 6)
//   certifies   is its key the one that I know already?            path.h
//   check       has it, or an authority above it, been revoked?    revocation.h
//
// It promises to read strict DER alone, within limits that are named; to accept nothing that
// OpenSSL refuses, and not all that OpenSSL accepts (internal/rules.h); to treat "nobody knows" as
// a refusal; to say of every refusal, in one sentence, which certificate and which rule it was.
//
// It never adds a signer: no function here turns a certificate into a key that counts. It opens no
// connection, reads no clock and trusts no root that it was not given.
#pragma once

#include "trust/x509/bundle.h"
#include "trust/x509/certificate.h"
#include "trust/x509/crl.h"
#include "trust/x509/evidence.h"
#include "trust/x509/ocsp.h"
#include "trust/x509/path.h"
#include "trust/x509/pem.h"
#include "trust/x509/revocation.h"
#include "trust/x509/roots.h"
