"""An HTTP server that is wholly an attacker's: it serves a folder, and plays a trick where a story wants one."""
import gzip
import pathlib
import ssl
import threading
import urllib.parse

from stage import Acceptor

LINE_END = b"\r\n"
DRIP_SECONDS = 0.2
TLS_RECORD = b"\x16\x03"  # how TLS begins, where none is spoken
OTHER = b"{}" * 1000  # stands for the body where there is no honest one


def answer(body=b"", status="200 OK", headers=(), length=None):
    """A whole answer; `length` is what it claims to be long, and says nothing of it where that is False."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    if length is not False:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + LINE_END


class HostileServer:
    """A trick takes (send, honest body, wait) and answers by itself; `wait(seconds)` is True once the server ends. It is
    played each time that its path is asked for. `asked` are the paths in their order."""

    def __init__(self, folder, tls=None):
        self.folder, self.tls = pathlib.Path(folder), tls
        self.tricks, self.asked, self.ended = {}, [], threading.Event()
        self.acceptor = Acceptor(self.serve)
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.acceptor.port}"

    def close(self):
        self.ended.set()
        self.acceptor.close()

    def serve(self, connection):
        try:
            with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as spoken:
                self.reply(spoken)
        except (OSError, ssl.SSLError):
            pass  # the client went away, as it should

    def reply(self, connection):
        request = b""
        while LINE_END * 2 not in request:
            data = connection.recv(4096)
            if not data:
                return
            request += data
            if request.startswith(TLS_RECORD):
                return connection.sendall(answer(status="400 Bad Request"))
        path = request.split(b" ")[1].decode().lstrip("/")
        self.asked.append(path)
        name = path.partition("?")[0]
        places = [self.folder / name, self.folder / urllib.parse.unquote(name)]  # roles are encoded there too
        body = next((place.read_bytes() for place in places if place.is_file()), None)
        if trick := self.tricks.get(path):
            trick(connection.sendall, body or OTHER, self.ended.wait)
        elif body is None:
            connection.sendall(answer(status="404 Not Found"))
        else:
            connection.sendall(answer(body))


# ---- tricks

def says(status, *headers):
    return lambda send, body, wait: send(answer(b"{}", status, headers))


def redirects_to(url, status="302 Found"):
    return lambda send, body, wait: send(answer(status=status, headers=[f"Location: {url}"]))


def never_answers(send, body, wait):
    wait()


def drips_headers(send, body, wait):
    send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not wait(DRIP_SECONDS):
        send(b"x")


def drips_the_body(send, body, wait):
    send(answer(length=len(body)))
    for byte in body:
        if wait(DRIP_SECONDS):
            return
        send(bytes([byte]))


def never_ends(send, body, wait):
    send(answer(length=False, headers=["Transfer-Encoding: chunked"]) + chunk(body))
    while True:
        send(chunk(b" " * (64 << 10)))


def never_ends_nor_says_how_long(send, body, wait):
    send(answer(length=False) + body)
    while True:
        send(b" " * (64 << 10))


def closes_in_the_middle(send, body, wait):
    send(answer(body[: len(body) // 2], length=len(body)))


def closes_in_the_middle_of_a_chunk(send, body, wait):
    send(answer(length=False, headers=["Transfer-Encoding: chunked"]) + chunk(body)[: len(body) // 2])


def closes_at_once(send, body, wait):
    pass


def claims_less_than_it_sends(send, body, wait):
    send(answer(body, length=len(body) - 1))


def claims_more_than_it_sends(send, body, wait):
    send(answer(body, length=len(body) + 1))


def claims(length):
    return lambda send, body, wait: send(answer(body, length=length))


def claims_two_lengths(send, body, wait):
    send(answer(body, headers=[f"Content-Length: {len(body) + 1}"]))


def packs(send, body, wait):
    send(answer(gzip.compress(body), headers=["Content-Encoding: gzip"]))


def bomb(header):
    """A few kilobytes that unpack to more than anything here may have; the honest body is their beginning."""
    def trick(send, body, wait):
        packed = gzip.compress(body + b" " * (6 << 20), compresslevel=1)
        if header == "Content-Encoding":
            return send(answer(packed, headers=["Content-Encoding: gzip"]))
        send(answer(length=False, headers=["Transfer-Encoding: gzip, chunked"]) + chunk(packed) + chunk(b""))
    return trick


def never_ends_its_headers(send, body, wait):
    send(b"HTTP/1.1 200 OK\r\n")
    while True:
        send(b"X-More: and more\r\n" * 1000)


def never_ends_one_header(send, body, wait):
    send(b"HTTP/1.1 200 OK\r\nX-More: ")
    while True:
        send(b"x" * (64 << 10))


def never_ends_its_promises(send, body, wait):
    while True:
        send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 100)


def never_ends_its_trailers(send, body, wait):
    send(answer(length=False, headers=["Transfer-Encoding: chunked", "Trailer: X-More"]) + chunk(body) + b"0\r\n")
    while True:
        send(b"X-More: and more\r\n" * 1000)


def speaks_no_http(send, body, wait):
    send(body)


def speaks_another_protocol(send, body, wait):
    send(b"220 mail.example.com ESMTP\r\n")


def answers_twice(send, body, wait):
    """What comes behind an answer must not be taken for the next one."""
    send(answer(body).replace(b"Connection: close", b"Connection: keep-alive") + answer(b"{}") * 3)
    wait(DRIP_SECONDS)
