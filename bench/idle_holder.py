"""Opens so many keep-alive connections to a server, one answered request on each, and holds them until stdin ends.

Arguments: port and count. Prints `held` when all are open.
"""

import resource
import socket
import struct
import sys

from clients import check, connect, get, receive

ADDRESSES = 50
"""Sources on the loopback network among which the connections are divided: each has ports of its own."""


def main() -> None:
    port, count = map(int, sys.argv[1:])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for number in range(count):
        client = connect(port, f"127.0.0.{2 + number % ADDRESSES}")
        # Closing resets: no port stays taken for a minute.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(get("/livez"))
        check(receive(client), 200)
        held.append(client)
    print("held", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
