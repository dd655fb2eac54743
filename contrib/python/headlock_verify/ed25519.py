"""Ed25519 (RFC 8032), strictly.

docs/log.md, *Formats of others*: neither the key nor R is of small order, encodings are canonical,
the equation is checked without cofactor. This is what ed25519-dalek calls `verify_strict`.

Points are in extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z, on
-x^2 + y^2 = 1 + d x^2 y^2 over the field of 2^255 - 19. Nothing here is constant-time: `sign` is for
tests, with keys that are no secret.
"""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]

IDENTITY: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """RFC 8032, section 5.1.4: complete, so good for doubling, too."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def double(p: Point) -> Point:
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    c = 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1])
    g = a - b
    f = c + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def negate(p: Point) -> Point:
    return (P - p[0], p[1], p[2], P - p[3])


def multiply(scalar: int, p: Point) -> Point:
    return multiply_two(scalar, p, 0, IDENTITY)


def multiply_two(a: int, p: Point, b: int, q: Point) -> Point:
    """a p + b q, both in one walk over the bits."""
    both = add(p, q)
    result = IDENTITY
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        result = double(result)
        match (a >> bit & 1, b >> bit & 1):
            case (1, 1):
                result = add(result, both)
            case (1, 0):
                result = add(result, p)
            case (0, 1):
                result = add(result, q)
    return result


def encode(p: Point) -> bytes:
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """The point that these 32 bytes are the one canonical encoding of."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P != 0:
        x = x * SQRT_MINUS_ONE % P
        if (v * x * x - u) % P != 0:
            return None
    if x == 0 and sign == 1:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def is_small(p: Point) -> bool:
    """Whether the point's order divides 8."""
    eighth = double(double(double(p)))
    return eighth[0] == 0 and eighth[1] == eighth[2]


_BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _BASE is not None
BASE: Point = _BASE


def is_key(key: bytes) -> bool:
    """Whether a signature under this public key (32 bytes) can hold at all."""
    point = decode(key)
    return point is not None and not is_small(point)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes of `signature` are one of `message` under the 32 bytes of `key`."""
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    public, r = decode(key), decode(signature[:32])
    if s >= L or public is None or r is None or is_small(public) or is_small(r):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % L
    return encode(multiply_two(s, BASE, k, negate(public))) == signature[:32]


def _expand(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(seed: bytes) -> bytes:
    return encode(multiply(_expand(seed)[0], BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    scalar, prefix = _expand(seed)
    key = public_key(seed)
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    r = encode(multiply(nonce, BASE))
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    return r + ((nonce + k * scalar) % L).to_bytes(32, "little")
