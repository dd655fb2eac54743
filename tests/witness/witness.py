#!/usr/bin/env python3
"""An independent transparency log witness for tests.

It is written from C2SP's tlog-witness, tlog-cosignature, signed-note and
tlog-checkpoint alone (with RFC 6962 for Merkle trees and RFC 8032 for Ed25519),
so that a client of witnesses is tested against a second reading of them. It
serves add-checkpoint only and answers with an Ed25519 cosignature/v1. It is not
constant time: it is no place for a key of value.

    witness.py vkey --name NAME --seed HEX64
    witness.py serve --name NAME --seed HEX64 --log VKEY [--log VKEY ...]
                     --state FILE [--time SECONDS]
"""
import argparse
import base64
import json
import os
import re
import threading
import time
from hashlib import sha256, sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY = 64 * 1024
MAX_PROOF = 63
MAX_SIZE = 2**63 - 1  # The specifications set no bound; 63 hashes reach this far.
ED25519, COSIGNATURE = b"\x01", b"\x04"  # Signature types.
EMPTY_ROOT = sha256(b"").digest()

# Ed25519 (RFC 8032, section 5.1). A point is (X, Y, Z, T) with x = X/Z, y = Y/Z
# and xy = T/Z. The addition law is complete, so it doubles points as well.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = p, q
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_mul(scalar, p):
    total = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        total = point_add(total, total)
        if bit == "1":
            total = point_add(total, p)
    return total


def point_encode(p):
    z_inverse = pow(p[2], -1, P)
    x, y = p[0] * z_inverse % P, p[1] * z_inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def point_decode(data):
    """The point that 32 bytes encode, or None if they are no canonical encoding."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * SQRT_M1 % P
    if y >= P or x * x % P != x_squared or (x == 0 and sign == 1):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = point_decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def hash_scalar(*parts):
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % L


def secret_scalar(seed):
    return int.from_bytes(sha512(seed).digest()[:32], "little") & (2**254 - 8) | 2**254


def ed25519_public_key(seed):
    return point_encode(point_mul(secret_scalar(seed), BASE))


def ed25519_sign(seed, public_key, message):
    nonce = hash_scalar(sha512(seed).digest()[32:], message)
    r = point_encode(point_mul(nonce, BASE))
    s = (nonce + hash_scalar(r, public_key, message) * secret_scalar(seed)) % L
    return r + s.to_bytes(32, "little")


def ed25519_verify(public_key, message, signature):
    a, r = point_decode(public_key), point_decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or len(signature) != 64:
        return False
    k = hash_scalar(signature[:32], public_key, message)
    return point_encode(point_mul(s, BASE)) == point_encode(point_add(r, point_mul(k, a)))


# Merkle consistency proofs (RFC 6962, section 2.1).

def merkle_node(left, right):
    return sha256(b"\x01" + left + right).digest()


def consistent(old_size, old_root, size, root, proof):
    """Whether the proof leads from the old tree, which is not empty, to the new one.

    This is SUBPROOF of RFC 6962 read backwards: its last hash belongs to the
    outermost split, and the old root itself stands where the proof leaves it out.
    """
    hashes = list(proof)

    def roots(m, n, is_old_tree):  # Of a subtree of n leaves, m of them old: both roots.
        if m == n:
            return (old_root if is_old_tree else hashes.pop(),) * 2
        split = 1 << (n - 1).bit_length() - 1  # The largest power of two below n.
        sibling = hashes.pop()
        if m <= split:
            old, new = roots(m, split, is_old_tree)
            return old, merkle_node(new, sibling)
        old, new = roots(m - split, n - split, False)
        return merkle_node(sibling, old), merkle_node(sibling, new)

    try:
        return roots(old_size, size, True) == (old_root, root) and not hashes
    except IndexError:  # The proof is too short.
        return False


# Texts. What is malformed is a ValueError.

def check(holds, message):
    if not holds:
        raise ValueError(message)


def b64encode(data):
    return base64.b64encode(data).decode()


def b64decode(text):
    data = base64.b64decode(text.encode(), validate=True)
    check(b64encode(data) == text, "base64 is not canonical")
    return data


def parse_hash(text):
    check(len(data := b64decode(text)) == 32, "a hash is not 32 bytes")
    return data


def parse_size(text):
    check(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) <= MAX_SIZE, "a bad size")
    return int(text)


def check_key_name(name):
    check(name and not any(c.isspace() or c < " " or c == "+" for c in name), "a bad key name")


def key_id(name, key):
    """The key ID of a key, which starts with its signature type."""
    return sha256(name.encode() + b"\n" + key).digest()[:4]


def parse_vkey(vkey):
    """The name, key ID and public key of a log's Ed25519 verifier key."""
    name, hex_id, key = vkey.split("+", 2)
    check_key_name(name)
    key = b64decode(key)
    check(key[:1] == ED25519 and len(key) == 33 and point_decode(key[1:]), "no Ed25519 vkey")
    check(hex_id == key_id(name, key).hex(), "a vkey's key ID is not that of its key")
    return name, key_id(name, key), key[1:]


def parse_request(body):
    """The old size, proof, note text, origin, size, root and signatures of a body."""
    body = body.decode("utf-8")
    check(all(c >= " " or c == "\n" for c in body), "a control character")
    # The first empty line ends the proof; the last one ends the note text.
    head, _, note = body.partition("\n\n")
    text, _, signature_lines = note.rpartition("\n\n")
    check(signature_lines.endswith("\n"), "a part is missing or has no final newline")

    old_line, *proof = head.split("\n")
    check(old_line.startswith("old ") and len(proof) <= MAX_PROOF, "no old size, or a long proof")
    lines = text.split("\n")
    check(len(lines) >= 3 and "" not in lines, "the note text is not a checkpoint")

    signatures = []  # As (key name, key ID, signature).
    for line in signature_lines[:-1].split("\n"):
        dash, name, data = line.split(" ")
        check_key_name(name)
        data = b64decode(data)
        check(dash == "\u2014" and len(data) >= 4, "a bad signature line")
        signatures.append((name, data[:4], data[4:]))
    return (parse_size(old_line[4:]), [parse_hash(line) for line in proof], text + "\n",
            lines[0], parse_size(lines[1]), parse_hash(lines[2]), signatures)


# The witness.

class Refusal(Exception):
    """An answer other than 200: a status and a text."""


def require(holds, status, text):
    if not holds:
        raise Refusal(status, text + "\n")


class Witness:
    def __init__(self, name, seed, vkeys=(), state_path=None, fixed_time=None):
        check_key_name(name)
        self.name, self.seed, self.public_key = name, seed, ed25519_public_key(seed)
        self.key_id = key_id(name, COSIGNATURE + self.public_key)
        self.state_path, self.fixed_time, self.lock = state_path, fixed_time, threading.Lock()
        self.logs = {}  # By origin, the trusted public keys by key ID.
        for origin, log_id, key in map(parse_vkey, vkeys):
            held = self.logs.setdefault(origin, {}).setdefault(log_id, key)
            check(held == key, "two keys of a log share their key ID")
        self.state = {}  # By origin, the latest cosigned checkpoint.
        if state_path and os.path.exists(state_path):
            with open(state_path, encoding="utf-8") as file:
                self.state = json.load(file)

    def vkey(self):
        return f"{self.name}+{self.key_id.hex()}+{b64encode(COSIGNATURE + self.public_key)}"

    def cosign(self, text):
        timestamp = self.fixed_time or int(time.time())
        message = f"cosignature/v1\ntime {timestamp}\n{text}".encode()
        signature = ed25519_sign(self.seed, self.public_key, message)
        data = self.key_id + timestamp.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {b64encode(data)}\n"

    def store(self, origin, size, root):
        """Makes the new state durable, then current."""
        state = {**self.state, origin: {"size": size, "root": b64encode(root)}}
        with open(self.state_path + ".tmp", "w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.state_path + ".tmp", self.state_path)
        directory = os.open(os.path.dirname(os.path.abspath(self.state_path)), os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
        self.state = state

    def add_checkpoint(self, body):
        """The cosignature line, or a Refusal. The checks are in the specification's order."""
        try:
            old_size, proof, text, origin, size, root, signatures = parse_request(body)
        except ValueError as error:
            raise Refusal(400, f"malformed request: {error}\n") from None
        require(origin in self.logs, 404, "unknown origin")
        keys = self.logs[origin]
        known = [(keys[i], s) for name, i, s in signatures if name == origin and i in keys]
        require(known, 403, "no signature from a trusted key")
        for key, signature in known:
            require(ed25519_verify(key, text.encode(), signature), 403, "a signature is bad")
        require(old_size <= size, 400, "the old size exceeds the checkpoint's size")
        # Nothing comes between the comparison of the old size and the new state. The
        # cosignature is made here too: no larger checkpoint is known as of its time.
        with self.lock:
            latest = self.state.get(origin, {"size": 0, "root": b64encode(EMPTY_ROOT)})
            require(old_size == latest["size"], 409, str(latest["size"]))
            require(size > 0 or root == EMPTY_ROOT, 422, "the root of the empty tree is wrong")
            require(old_size > 0 or not proof, 422, "a proof from the empty tree is not empty")
            # Of equal sizes this asks for equal roots and an empty proof.
            require(old_size == 0 or consistent(
                old_size, b64decode(latest["root"]), size, root, proof), 422, "not consistent")
            self.store(origin, size, root)
            return self.cosign(text)


# HTTP.

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        try:
            body = self.read_body()
            require(self.path == "/add-checkpoint", 404, "not found")
            status, text = 200, self.server.witness.add_checkpoint(body)
        except Refusal as refusal:
            status, text = refusal.args
        except OSError:
            status, text = 500, "the state could not be stored\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain")
        self.send_header("Content-Length", str(len(text.encode())))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())

    def read_body(self):
        """The request's body. Where it is not read to its end, the connection ends."""
        keep_alive, self.close_connection = not self.close_connection, True
        length = self.headers.get("Content-Length", "")
        has_length = re.fullmatch("[0-9]{1,18}", length) and "Transfer-Encoding" not in self.headers
        require(has_length, 411, "a Content-Length is required")
        require(int(length) <= MAX_BODY, 413, "the request is too large")
        body = self.rfile.read(int(length))
        require(len(body) == int(length), 400, "the request is cut short")
        self.close_connection = not keep_alive
        return body

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


# The command line.

def seed_argument(text):
    check(re.fullmatch("[0-9a-fA-F]{64}", text), "a seed is 64 hexadecimal digits")
    return bytes.fromhex(text)


def time_argument(text):
    check(re.fullmatch("[0-9]{1,19}", text) and 0 < int(text) < 2**63, "no POSIX timestamp")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description="An independent witness for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    vkey, serve = commands.add_parser("vkey"), commands.add_parser("serve")
    for command in (vkey, serve):
        command.add_argument("--name", required=True)
        command.add_argument("--seed", required=True, type=seed_argument)
    serve.add_argument("--log", required=True, action="append", metavar="VKEY")
    serve.add_argument("--state", required=True, metavar="FILE")
    serve.add_argument("--time", type=time_argument, metavar="SECONDS")
    options = parser.parse_args()
    try:
        if options.command == "vkey":
            print(Witness(options.name, options.seed).vkey())
            return
        witness = Witness(options.name, options.seed, options.log, options.state, options.time)
    except ValueError as error:
        parser.error(str(error))
    server = Server(("127.0.0.1", 0), Handler)
    server.witness = witness
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
