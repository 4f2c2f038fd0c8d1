"""An authority of OpenSSL's own tools, for the journeys about certificates: it issues, revokes, lists and answers."""
from stage import *

AUTHORITY = """
[req]
distinguished_name = nothing
[nothing]
[ca]
default_ca = authority
[authority]
database = index.txt
unique_subject = no
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = root.pem
private_key = root.key
default_md = sha256
default_days = 90
default_crl_days = 5
policy = any
x509_extensions = signer
crl_extensions = list
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[signer]
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
{places}
[server]
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost,IP:127.0.0.1
[list]
authorityKeyIdentifier = keyid
"""


class Authority(Stage):
    """A root; `places` are lines of the signers' certificates that say where to ask about them."""

    def make_authority(self, places=""):
        (self.dir / "ca.conf").write_text(AUTHORITY.format(places=places))
        (self.dir / "index.txt").touch()
        (self.dir / "serial").write_text("1000\n")
        (self.dir / "crlnumber").write_text("01\n")
        self.make_root("root", "/CN=Wallet root")

    def make_root(self, name, subject):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     f"{name}.key", "-out", f"{name}.pem", "-days", "90", "-subj", subject, "-config", "ca.conf",
                     "-extensions", "root")

    def certify(self, key, name, *extra, subject=None):
        """A certificate for a key, NAME.pem; `extra` is for `openssl ca`, such as another root or section."""
        self.openssl("req", "-new", "-key", key, "-passin", f"pass:{PASSPHRASE}", "-subj", f"/CN={subject or name}",
                     "-out", f"{name}.csr", "-config", "ca.conf")
        self.openssl("ca", "-batch", "-config", "ca.conf", "-notext", "-in", f"{name}.csr", "-out", f"{name}.pem", *extra)

    def list_revoked(self):
        self.openssl("ca", "-config", "ca.conf", "-gencrl", "-out", "root.crl")

    def revoke(self, name):
        self.openssl("ca", "-config", "ca.conf", "-revoke", f"{name}.pem")
        self.list_revoked()

    def staple(self, name):
        """What the authority answers about a certificate, now."""
        self.openssl("ocsp", "-index", "index.txt", "-CA", "root.pem", "-rsigner", "root.pem", "-rkey", "root.key",
                     "-issuer", "root.pem", "-cert", f"{name}.pem", "-respout", f"{name}.ocsp", "-ndays", "2", "-noverify")
