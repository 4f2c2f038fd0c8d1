"""Devices that nobody made: keys that anybody can invent, and the reports that they sign."""
import base64
import ctypes
import ctypes.util
import hashlib
import json

EVP_PKEY_ED25519 = 1087
libcrypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for function in ("EVP_PKEY_new_raw_private_key", "EVP_MD_CTX_new"):
    getattr(libcrypto, function).restype = ctypes.c_void_p


class InventedDevice:
    """A key that anybody can make up, and the report that it signs honestly."""

    def __init__(self, number):
        secret = hashlib.sha256(f"invented {number}".encode()).digest()
        self.key = ctypes.c_void_p(libcrypto.EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, None, secret, ctypes.c_size_t(32)))
        public, size = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
        assert libcrypto.EVP_PKEY_get_raw_public_key(self.key, public, ctypes.byref(size)) == 1
        self.public = public.raw
        self.duid = base64.b32encode(hashlib.sha256(self.public).digest()[:20]).decode().lower().rstrip("=")

    def sign(self, message):
        context = ctypes.c_void_p(libcrypto.EVP_MD_CTX_new())
        signature, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        assert libcrypto.EVP_DigestSignInit(context, None, None, None, self.key) == 1
        assert libcrypto.EVP_DigestSign(context, signature, ctypes.byref(size), message, ctypes.c_size_t(len(message))) == 1
        libcrypto.EVP_MD_CTX_free(context)
        return signature.raw

    def report(self, rollout, manifest):
        text = json.dumps({"duid": self.duid, "sequence": 1, "rollout": rollout, "manifest": manifest, "version": "1.1.0",
                           "phase": "trial", "outcome": "failed", "reason": "unhealthy", "time_bound": 1_700_000_000})
        return json.dumps({"report": base64.b64encode(text.encode()).decode(), "key": self.public.hex(),
                           "signature": self.sign(b"airlock-report-v1\n" + text.encode()).hex()})
