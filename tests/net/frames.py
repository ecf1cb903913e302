"""What was on the network: the frames that the switch recorded, as a stranger sees them who records all of it."""
import collections
import hashlib
import hmac
import socket
import struct

BEACON_PORT, BEACON_BYTES = 7765, 51

Frame = collections.namedtuple("Frame", "at source target protocol source_port target_port sequence flags payload raw")
Beacon = collections.namedtuple("Beacon", "at source port nonce team device payload")
TCP, UDP, SYN = 6, 17, 2


def read(path):
    """Every frame; what is neither TCP nor UDP has no ports and no payload."""
    data = path.read_bytes()
    at = 24
    while at + 16 <= len(data):
        seconds, micros, size, _ = struct.unpack_from("=4I", data, at)
        yield parse(seconds + micros / 1e6, data[at + 16:at + 16 + size])
        at += 16 + size


def parse(at, raw):
    source = target = None
    protocol, rest = 0, b""
    kind = raw[12:14]
    if kind == b"\x08\x00":
        size, protocol = (raw[14] & 15) * 4, raw[23]
        source, target = socket.inet_ntop(socket.AF_INET, raw[26:30]), socket.inet_ntop(socket.AF_INET, raw[30:34])
        rest = raw[14 + size:14 + struct.unpack_from("!H", raw, 16)[0]]
    elif kind == b"\x86\xdd":
        protocol = raw[20]
        source, target = socket.inet_ntop(socket.AF_INET6, raw[22:38]), socket.inet_ntop(socket.AF_INET6, raw[38:54])
        rest = raw[54:54 + struct.unpack_from("!H", raw, 18)[0]]
    if protocol == TCP and len(rest) >= 20:
        ports, sequence = struct.unpack_from("!HH", rest), struct.unpack_from("!I", rest, 4)[0]
        return Frame(at, source, target, TCP, *ports, sequence, rest[13], rest[(rest[12] >> 4) * 4:], raw)
    if protocol == UDP and len(rest) >= 8:
        return Frame(at, source, target, UDP, *struct.unpack_from("!HH", rest), 0, 0, rest[8:], raw)
    return Frame(at, source, target, protocol, 0, 0, 0, 0, b"", raw)


class Flow:
    """One direction of one connection: its bytes in order, without what was sent twice."""

    def __init__(self, syn):
        self.at, self.source, self.target, self.first = syn.at, syn.source, syn.target, syn.sequence + 1
        self.opens = not syn.flags & 16  # no acknowledgement in it: this side connects
        self.pieces = {}

    def bytes(self):
        out = bytearray()
        for offset in sorted(self.pieces):
            piece = self.pieces[offset]
            if offset + len(piece) > len(out):
                out += b"\0" * (offset - len(out)) + piece[max(0, len(out) - offset):]
        return bytes(out)


def flows(frames):
    """{(source, port, target, port, number): Flow}"""
    out, current = {}, {}
    for frame in frames:
        if frame.protocol != TCP:
            continue
        key = frame.source, frame.source_port, frame.target, frame.target_port
        if frame.flags & SYN and (key not in current or current[key].first != frame.sequence + 1):
            current[key] = out[(*key, len(out))] = Flow(frame)
        elif key in current and frame.payload:
            offset = (frame.sequence - current[key].first) % 2**32
            if offset < 2**31:
                current[key].pieces.setdefault(offset, frame.payload)
                if len(frame.payload) > len(current[key].pieces[offset]):
                    current[key].pieces[offset] = frame.payload
    return out


def beacons(frames):
    out = []
    for frame in frames:
        if frame.protocol == UDP and frame.target_port == BEACON_PORT:
            body = frame.payload
            out.append(Beacon(frame.at, frame.source, struct.unpack_from("<H", body, 1)[0], body[3:19], body[19:35], body[35:51], body))
    return out


def ip16(text):
    return socket.inet_pton(socket.AF_INET6, text if ":" in text else "::ffff:" + text)


def tag(key, label, beacon):
    """net/README.md, section 3."""
    said = label + beacon.nonce + ip16(beacon.source) + struct.pack("<H", beacon.port)
    return hmac.new(key, said, hashlib.sha256).digest()[:16]


def is_of_team(beacon, discovery):
    return tag(discovery, b"releve team beacon", beacon) == beacon.team


def device_of(beacon, discovery, devices):
    for device in devices:
        key = hashlib.blake2b(b"releve beacon device 1" + device, key=discovery, digest_size=32).digest()
        if tag(key, b"releve device beacon", beacon) == beacon.device:
            return device
    return None


def shared(a, b, size):
    """Do two texts have `size` bytes in common, anywhere?"""
    pieces = {a[i:i + size] for i in range(len(a) - size + 1)}
    return any(b[i:i + size] in pieces for i in range(len(b) - size + 1))
