"""What Docker's DNS does for a service with several replicas: it answers the addresses of all that run."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading

_IPV4 = 1


class NameServer:
    """Answers every question for a name with the same addresses, over UDP on the loopback address."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, peer = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        """Source of the layout: RFC 1035, section 4."""
        end_of_name = query.index(b"\0", 12) + 1
        question = query[12 : end_of_name + 4]
        (kind,) = struct.unpack("!H", query[end_of_name : end_of_name + 2])
        addresses = list(self.addresses) if kind == _IPV4 else []
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(addresses), 0, 0)
        # The name as a pointer to that of the question; then type, class, seconds to live and the address.
        records = [
            struct.pack("!HHHIH", 0xC00C, _IPV4, 1, 1, 4) + ipaddress.IPv4Address(address).packed
            for address in addresses
        ]
        return head + question + b"".join(records)
