"""Ed25519 (RFC 8032) in plain integers: slow, not constant in time, good for tests and for nothing else."""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _hash(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    sum_ = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            sum_ = _add(sum_, point)
        point, scalar = _add(point, point), scalar >> 1
    return sum_


def _base():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


BASE = _base()


def _pack(point):
    z = pow(point[2], P - 2, P)
    x, y = point[0] * z % P, point[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def public(seed):
    """The public key of a 32-byte seed."""
    return _pack(_times(_expand(seed)[0], BASE))


def sign(seed, message):
    """The signature of a message."""
    scalar, prefix = _expand(seed)
    nonce = _hash(prefix + message) % L
    commitment = _pack(_times(nonce, BASE))
    challenge = _hash(commitment + public(seed) + message) % L
    return commitment + ((nonce + challenge * scalar) % L).to_bytes(32, "little")
