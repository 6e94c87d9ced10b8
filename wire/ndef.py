"""NDEF: a link as the bytes of an NFC tag. Called by the ``place`` command.

One record of the well-known type U (NFC Forum, URI Record Type Definition), which every phone opens without an app. On a Type 2
tag such as NTAG213 it stands in a TLV block, at the beginning of the user memory.
"""

_HEADER = 0xD1
"""First and last record of the message, short, type name format 1 (well-known)."""
_URI = b"U"
_PREFIXES = {"https://": 0x04, "http://": 0x03}
"""What a first byte stands for, so that it need not be written out."""
LONGEST = 132
"""Bytes that a link may take after its prefix: 144 of an NTAG213, less the record's head and the TLV's."""
_NDEF_MESSAGE, _TERMINATOR = 0x03, 0xFE


def record(link: str) -> bytes:
    """The link as one URI record. Raises ValueError for one that the smallest usual tag does not hold."""
    prefix = next((one for one in _PREFIXES if link.startswith(one)), "")
    payload = bytes([_PREFIXES.get(prefix, 0)]) + link.removeprefix(prefix).encode("utf-8")
    if len(payload) - 1 > LONGEST:
        raise ValueError(f"the link has {len(payload) - 1} bytes after {prefix or 'its beginning'}, and a tag holds {LONGEST}")
    return bytes([_HEADER, len(_URI), len(payload)]) + _URI + payload


def type_2(message: bytes) -> bytes:
    """The message as it stands in the memory of a Type 2 tag."""
    return bytes([_NDEF_MESSAGE, len(message)]) + message + bytes([_TERMINATOR])
