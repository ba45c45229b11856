"""Taking the message out of an opaque signed one (S/MIME, RFC 8551, 3.5.2). Signatures are not checked here."""

from __future__ import annotations

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")
_SEQUENCE, _SET, _OID, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x06, 0x04, 0xA0
_CONSTRUCTED_OCTETS = 0x24
_MAX_PIECES = 100_000


def is_encrypted(data: bytes) -> bool:
    """Say whether the object names encrypted content near its beginning."""
    return _ENVELOPED_DATA in data[:64]


def signed_content(data: bytes) -> bytes | None:
    """Return what was signed, None when the object is not signed data in DER or BER, or is damaged."""
    try:
        return _signed_content(data)
    except (IndexError, ValueError):
        return None


def _signed_content(data: bytes) -> bytes | None:
    tag, start, _ = _element(data, 0)
    if tag != _SEQUENCE:
        return None
    tag, oid_start, oid_end = _element(data, start)
    if tag != _OID or data[oid_start:oid_end] != _SIGNED_DATA:
        return None
    _, start, _ = _element(data, oid_end)  # [0] EXPLICIT
    _, start, _ = _element(data, start)  # SignedData
    _, _, after_version = _element(data, start)
    _, _, after_digests = _element(data, after_version)
    after_digests = _skip_end(data, after_version, after_digests)
    _, start, _ = _element(data, after_digests)  # encapContentInfo
    tag, _, after_type = _element(data, start)
    if tag != _OID:
        return None
    tag, start, _ = _element(data, after_type)
    if tag != _CONTEXT_0:
        return None  # detached: the content stands beside it
    return _octets(data, start)


def _skip_end(data: bytes, start: int, end: int) -> int:
    """Step over the two zero bytes that end an element of indefinite length."""
    return end + 2 if data[start + 1] == 0x80 else end


def _octets(data: bytes, at: int) -> bytes | None:
    tag, start, end = _element(data, at)
    if tag == _OCTETS:
        return data[start:end]
    if tag != _CONSTRUCTED_OCTETS:
        return None
    pieces: list[bytes] = []
    at = start
    while at < end and len(pieces) < _MAX_PIECES:
        tag, start, stop = _element(data, at)
        if tag != _OCTETS:
            break
        pieces.append(data[start:stop])
        at = stop
    return b"".join(pieces)


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, where the content begins and where it ends; an indefinite length reaches to its end mark."""
    tag, length = data[at], data[at + 1]
    if length == 0x80:
        return tag, at + 2, _indefinite_end(data, at + 2)
    if length < 0x80:
        start = at + 2
    else:
        count = length & 0x7F
        if count > 8:
            raise ValueError("length")
        start = at + 2 + count
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError("cut off")
    return tag, start, start + length


def _indefinite_end(data: bytes, at: int) -> int:
    """Return where the content of an indefinite length ends: at the mark that closes as many as were opened."""
    depth = 1
    for _ in range(_MAX_PIECES):
        if data[at : at + 2] == b"\x00\x00":
            depth -= 1
            if not depth:
                return at
            at += 2
        elif data[at + 1] == 0x80:
            depth += 1
            at += 2
        else:
            at = _element(data, at)[2]
    raise ValueError("endless")
